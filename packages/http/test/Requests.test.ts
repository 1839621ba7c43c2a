import { assert, describe, layer } from "@effect/vitest"
import { Cursor, InputFault, Order } from "@deploys/core"
import { Effect, Schema } from "effect"
import { completed, ids } from "./support/ScriptedEngine.ts"
import { Web } from "./support/Web.ts"

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`

type Fault = readonly [path: string, code: string]

interface Case {
  readonly says: string
  readonly request: readonly [method: string, path: string, body?: unknown, headers?: Record<string, string>]
  readonly faults: ReadonlyArray<Fault>
}

const cursor = Cursor.encode(Order.newest, completed)
const json = (name: string, value: unknown) => `${name}=${encodeURIComponent(JSON.stringify(value))}`
const nested = (levels: number) => `${'{"NOT":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`

const list = "/api/deploys"
const events = `/api/deploys/${ids.completed}/events`
const cancel = `/api/deploys/${ids.running}/cancel`

const cases: ReadonlyArray<Case> = [
  { says: "an unknown parameter", request: ["GET", `${list}?nope=1`], faults: [["/nope", "unknown"]] },
  {
    says: "a name of the prototype",
    request: ["GET", `${list}?__proto__=1&constructor=1`],
    faults: [
      ["/__proto__", "unknown"],
      ["/constructor", "unknown"]
    ]
  },
  {
    says: "a parameter by core's name",
    request: ["GET", `${list}?workspaceId=ws_1`],
    faults: [["/workspaceId", "unknown"]]
  },
  { says: "a token in the query", request: ["GET", `${list}?token=secret`], faults: [["/token", "unknown"]] },
  { says: "a parameter given twice", request: ["GET", `${list}?limit=1&limit=2`], faults: [["/limit", "repeated"]] },
  ...["0", "101", "-1", "1.5", "+5", "1e1", "", "x", "9999999999999999999"].map((limit) => ({
    says: `the limit "${limit}"`,
    request: ["GET", `${list}?limit=${encodeURIComponent(limit)}`] as const,
    faults: [["/limit", "invalid"] as const]
  })),
  { says: "an unknown status", request: ["GET", `${list}?status=done`], faults: [["/status", "invalid"]] },
  { says: "an unknown trigger", request: ["GET", `${list}?trigger=cron`], faults: [["/trigger", "invalid"]] },
  { says: "a total that is no boolean", request: ["GET", `${list}?total=yes`], faults: [["/total", "invalid"]] },
  {
    says: "a malformed id among good ones",
    request: ["GET", `${list}?ids=${ids.running},dep_X`],
    faults: [["/ids/1", "invalid"]]
  },
  { says: "an empty list of ids", request: ["GET", `${list}?ids=`], faults: [["/ids/0", "invalid"]] },
  {
    says: "a malformed workspace",
    request: ["GET", `${list}?workspace_id=a%20b`],
    faults: [["/workspace_id", "invalid"]]
  },
  {
    says: "a subject that is too long",
    request: ["GET", `${list}?created_by=${"a".repeat(201)}`],
    faults: [["/created_by", "invalid"]]
  },
  { says: "NUL in a text", request: ["GET", `${list}?created_by=a%00b`], faults: [["/created_by", "invalid"]] },
  ...["a/b", "YQ", "", "null", "a".repeat(5000)].map((cursor) => ({
    says: `the cursor "${cursor.slice(0, 10)}"`,
    request: ["GET", `${list}?before=${encodeURIComponent(cursor)}`] as const,
    faults: [["/before", "malformed_cursor"] as const]
  })),
  {
    says: "a cursor of another order",
    request: ["GET", `${list}?after=${cursor}&${json("orderBy", [{ status: "asc" }])}`],
    faults: [["/after", "foreign_cursor"]]
  },
  {
    says: "a query over 16 KiB",
    request: ["GET", `${list}?created_by=${"a".repeat(16 * 1024)}`],
    faults: [["/created_by", "size"]]
  },
  {
    says: "cursors in both directions",
    request: ["GET", `${list}?after=${cursor}&before=${cursor}`],
    faults: [["/before", "conflict"]]
  },
  { says: "a filter that is no JSON", request: ["GET", `${list}?filter={`], faults: [["/filter", "json"]] },
  {
    says: "a malformed value deep in a filter",
    request: ["GET", `${list}?${json("filter", { AND: [{ status: { eq: "done" } }, { NOT: { nope: {} } }] })}`],
    faults: [
      ["/filter/AND/0/status/eq", "invalid"],
      ["/filter/AND/1/NOT/nope", "unknown"]
    ]
  },
  {
    says: "a filter of 9 levels",
    request: ["GET", `${list}?filter=${nested(9)}`],
    faults: [[`/filter${"/NOT".repeat(8)}`, "too_deep"]]
  },
  {
    says: "a filter of 2,000 levels",
    request: ["GET", `${list}?filter=${nested(2000)}`],
    faults: [[`/filter${"/NOT".repeat(8)}`, "too_deep"]]
  },
  { says: "an empty order", request: ["GET", `${list}?orderBy=[]`], faults: [["/orderBy", "required"]] },
  {
    says: "an order by what is no field",
    request: ["GET", `${list}?${json("orderBy", [{ nope: "asc" }])}`],
    faults: [["/orderBy/0/nope", "unknown"]]
  },
  {
    says: "faults of names, values and a filter at once",
    request: ["GET", `${list}?nope=1&total=false&total=true&limit=0&workspace_id=%20&filter=[]`],
    faults: [
      ["/nope", "unknown"],
      ["/total", "repeated"],
      ["/limit", "invalid"],
      ["/workspace_id", "invalid"],
      ["/filter", "invalid"]
    ]
  },
  {
    says: "NUL and an unknown parameter at once",
    request: ["GET", `${list}?created_by=%00&nope=1`],
    faults: [
      ["/created_by", "invalid"],
      ["/nope", "unknown"]
    ]
  },
  {
    says: "several faults at once",
    request: ["GET", `${list}?limit=0&status=done&nope=1`],
    faults: [
      ["/nope", "unknown"],
      ["/limit", "invalid"],
      ["/status", "invalid"]
    ]
  },
  { says: "a malformed id in the path", request: ["GET", "/api/deploys/nope"], faults: [["/id", "invalid"]] },
  {
    says: "an id in upper case",
    request: ["GET", `/api/deploys/${ids.completed.toUpperCase()}`],
    faults: [["/id", "invalid"]]
  },
  {
    says: "an id that is very long",
    request: ["GET", `/api/deploys/${"a".repeat(500)}`],
    faults: [["/id", "invalid"]]
  },
  {
    says: "a parameter where none is declared",
    request: ["GET", `/api/deploys/${ids.completed}?steps=1`],
    faults: [["/steps", "unknown"]]
  },
  { says: "a parameter of a probe", request: ["GET", "/healthz?verbose"], faults: [["/verbose", "unknown"]] },
  { says: "no body", request: ["POST", list], faults: [["", "invalid"]] },
  { says: "a body that is no JSON", request: ["POST", list, "{"], faults: [["", "json"]] },
  { says: "a body that is no object", request: ["POST", list, "[]"], faults: [["", "invalid"]] },
  { says: "neither build nor app", request: ["POST", list, {}], faults: [["/buildId", "invalid"]] },
  {
    says: "an unknown field",
    request: ["POST", list, { buildId: "bld_1", nope: 1 }],
    faults: [["/nope", "unknown"]]
  },
  ...["status", "createdBy", "sequenceNumber", "id", "workspaceId", "isLive"].map((field) => ({
    says: `the server's own field ${field}`,
    request: ["POST", list, { buildId: "bld_1", [field]: "x" }] as const,
    faults: [[`/${field}`, "unknown"] as const]
  })),
  {
    says: "a field of the prototype",
    request: ["POST", list, `{"buildId":"bld_1","__proto__":{"polluted":1},"toString":1}`],
    faults: [
      ["/__proto__", "unknown"],
      ["/toString", "unknown"]
    ]
  },
  {
    says: "a malformed build id",
    request: ["POST", list, { buildId: "a b" }],
    faults: [["/buildId", "invalid"]]
  },
  { says: "an id that is no text", request: ["POST", list, { appId: 1 }], faults: [["/appId", "invalid"]] },
  {
    says: "metadata that is no object",
    request: ["POST", list, { buildId: "bld_1", metadata: [] }],
    faults: [["/metadata", "invalid"]]
  },
  {
    says: "NUL deep in metadata",
    request: ["POST", list, { buildId: "bld_1", metadata: { a: [{ "b/~": "\0" }] } }],
    faults: [["/metadata/a/0/b~1~0", "invalid"]]
  },
  {
    says: "half of a surrogate pair in a key",
    request: ["POST", list, `{"buildId":"bld_1","metadata":{"\\ud800":1}}`],
    faults: [["/metadata/\ud800", "invalid"]]
  },
  {
    says: "metadata of 70 levels",
    request: ["POST", list, `{"buildId":"bld_1","metadata":${deep(70)}}`],
    faults: [[`/metadata${"/a".repeat(64)}`, "too_deep"]]
  },
  {
    says: "metadata of 10,000 levels",
    request: ["POST", list, `{"buildId":"bld_1","metadata":${deep(10_000)}}`],
    faults: [[`/metadata${"/a".repeat(64)}`, "too_deep"]]
  },
  {
    says: "an unknown field of a cancel",
    request: ["POST", cancel, { why: "x" }],
    faults: [["/why", "unknown"]]
  },
  {
    says: "a reason that is no text",
    request: ["POST", cancel, { reason: 1 }],
    faults: [["/reason", "invalid"]]
  },
  {
    says: "faults of path and body at once",
    request: ["POST", "/api/deploys/nope/cancel", { reason: 1 }],
    faults: [
      ["/id", "invalid"],
      ["/reason", "invalid"]
    ]
  },
  ...["x", "-1", "1.5", "01", "", "1e3", "9".repeat(20)].map((id) => ({
    says: `the Last-Event-ID "${id}"`,
    request: ["GET", events, undefined, { "last-event-id": id }] as const,
    faults: [["/last-event-id", "invalid"] as const]
  })),
  {
    says: "faults of path, header and query at once",
    request: ["GET", "/api/deploys/nope/events", undefined, { "last-event-id": "x" }],
    faults: [
      ["/id", "invalid"],
      ["/last-event-id", "invalid"]
    ]
  }
]

layer(Web.layer)("a request", (it) => {
  describe("is a 400 that points to", () => {
    it.effect.each(cases)("$says", ({ faults, request: [method, path, body, headers = {}] }) =>
      Effect.gen(function* () {
        const { send } = yield* Web
        const answer = yield* send(method, path, { body, headers })
        assert.deepStrictEqual<ReadonlyArray<Fault>>(faultsOf(answer.body), faults, answer.text)
        assert.strictEqual(answer.status, 400)
        assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
      })
    )
  })
})

const Faulty = Schema.Struct({ errors: Schema.Array(InputFault) })

const faultsOf = (body: unknown) =>
  Schema.decodeUnknownSync(Faulty)(body).errors.map(({ code, path }) => [path, code] as const)
