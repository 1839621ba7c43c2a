/** What people and programs send where something else is asked for. */
type Some<A> = readonly [A, ...ReadonlyArray<A>]

const long = "x".repeat(5000)

/** Text, odd in each way that has ever broken something. */
export const texts: Some<string> = [
  "",
  " ",
  "null",
  "0",
  "-1",
  "1e309",
  "true",
  "[]",
  "{}",
  "__proto__",
  "constructor",
  "toString",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udc00x",
  "\ufeff",
  "\u202e",
  "e\u0301",
  "𝒳",
  "👩‍👩‍👧‍👦",
  "\u2028\u2029",
  "ſ İ ı ß",
  "%00",
  "%",
  "%_\\",
  "'; DROP TABLE deploys.deploys; --",
  "${jndi:ldap://127.0.0.1/a}",
  "../../etc/passwd",
  "<script>",
  "\r\nx-injected: 1",
  "dep_01M87N75YQFMJA2B0WW6JKTJF7",
  "dep_7zzzzzzzzzzzzzzzzzzzzzzzzz",
  "dep_8zzzzzzzzzzzzzzzzzzzzzzzzz",
  "2026-02-30T00:00:00Z",
  "+275760-09-13T00:00:00Z",
  long
]

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth)

/** JSON as text, since not all of it could be written from a value. */
export const json: Some<string> = [
  "null",
  "true",
  "0",
  "-0",
  "-1",
  "0.1",
  "1e308",
  "1e400",
  "-1e400",
  "9007199254740993",
  "123456789012345678901234567890",
  "[]",
  "{}",
  "[null]",
  '[[["x"]]]',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"":""}',
  '{"a":1,"a":2}',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  nested(6, "[", "]"),
  nested(40, '{"AND":[', "]}"),
  nested(40, '{"NOT":', "}").replace(":}", ":{}}"),
  nested(5000, "[", "]"),
  `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`,
  JSON.stringify(Array.from({ length: 2000 }, (_, at) => at)),
  JSON.stringify(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key${at}`, at])))
]

/** What is no JSON at all. */
export const broken: Some<string> = [
  "",
  "{",
  "}",
  "[1,",
  "{'a':1}",
  "{a:1}",
  '{"a":1}}',
  '{"a":1} x',
  "NaN",
  "undefined",
  "\ufeff{}",
  '"\\x"',
  '"\u0001"',
  "01",
  "+1",
  "// {}",
  "\u0000{}"
]

/** Bytes that are no UTF-8, or that of another encoding. */
export const bytes: Some<Buffer> = [
  Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00]),
  Buffer.alloc(70_000, 0x20),
  Buffer.alloc(2048)
]
