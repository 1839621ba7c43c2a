import type { Chance } from "./Chance.ts"
import type { Rows, Sent } from "./mutateRequest.ts"

const noise = (chance: Chance, length: number) => Buffer.from(Array.from({ length }, () => chance.below(256)))

const headOf = ({ token }: Rows, line: string, ...headers: ReadonlyArray<string>) =>
  [line, "Host: x", `Authorization: Bearer ${token}`, ...headers, "", ""].join("\r\n")

const json = "Content-Type: application/json"
const chunked = "Transfer-Encoding: chunked"
const post = "POST /api/deploys HTTP/1.1"
const get = "GET /api/deploys HTTP/1.1"

/** Requests that no client would write. */
const texts = (rows: Rows, chance: Chance): ReadonlyArray<string> => {
  const head = (line: string, ...headers: ReadonlyArray<string>) => headOf(rows, line, ...headers)
  return [
    "\r\n\r\n\r\n",
    "GET\r\n\r\n",
    "GET /healthz\r\n\r\n",
    "GET /healthz HTTP/0.9\r\n\r\n",
    "GET /healthz HTTP/1.0\r\n\r\n",
    "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
    "GET  /healthz  HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /healthz HTTP/1.1\n\n",
    "GET /healthz HTTP/1.1\r\n\r\n",
    "get /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
    `GET /${"a".repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /healthz?${"a=1&".repeat(10_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    head(get, `X-Long: ${"x".repeat(70_000)}`),
    head(get, ...Array.from({ length: 3000 }, (_, at) => `X-${at}: 1`), "Connection: close"),
    head(get, "X-A : 1"),
    head(get, " folded: 1"),
    head(get, "X-A: a\u0000b"),
    head(get, "X-A: a\rb"),
    head(get, ": no name"),
    head(get, "Host: y"),
    head(get, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"),
    head(get, "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: x"),
    head(get, "Expect: 100-continue", "Connection: close"),
    head(post, json, "Expect: 100-continue", "Content-Length: 2", "Connection: close") + "{}",
    head(post, json, "Expect: the unexpected", "Content-Length: 2", "Connection: close") + "{}",
    head(post, json, "Content-Length: 2", "Content-Length: 3") + "{}",
    head(post, json, "Content-Length: 2", chunked) + "0\r\n\r\n",
    head(post, json, chunked) + "zz\r\n{}\r\n0\r\n\r\n",
    head(post, json, chunked) + "2\r\n{}",
    head(post, json, chunked) + "2\r\n{}}}\r\n0\r\n\r\n",
    head(post, json, chunked) + "ffffffffffffffff\r\n{}",
    head(post, json, chunked) + "-2\r\n{}\r\n0\r\n\r\n",
    head(post, json, chunked) + `2;${"x".repeat(30_000)}\r\n{}\r\n0\r\n\r\n`,
    head(post, json, chunked, "Connection: close") + "2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n",
    head(post, json, "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n",
    head(post, json, "Transfer-Encoding: identity", "Content-Length: 2") + "{}",
    head(post, json, "Content-Length: 50") + "{}",
    head(post, json, "Content-Length: 2") + '{}{"more":1}',
    head("POST /api/apps/none/builds HTTP/1.1", "Content-Type: application/gzip", chunked) + "5\r\nhello\r\n",
    Array.from({ length: 1 + chance.below(20) }, () => head(get)).join("") + head(get, "Connection: close"),
    Array.from({ length: 10 }, () => "GET /none HTTP/1.1\r\nHost: x\r\n\r\n").join("") + "rubbish\r\n\r\n"
  ]
}

const changed = (chance: Chance, bytes: Buffer): Buffer => {
  const at = chance.below(bytes.length + 1)
  switch (chance.below(5)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), noise(chance, 1 + chance.below(8)), bytes.subarray(at)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), noise(chance, 1), bytes.subarray(at + 1)])
    default:
      return bytes
  }
}

/** Bytes that are no request, or only nearly one. The client ends its side: what it sent is all that there is. */
export const rawRequest = (chance: Chance, rows: Rows): Sent => {
  if (chance.below(12) === 0) return { bytes: noise(chance, chance.below(400)), ends: true }
  return { bytes: changed(chance, Buffer.from(chance.any(texts(rows, chance)) ?? "", "latin1")), ends: true }
}
