import type { Schema } from "effect"
import type { Chance } from "./Chance.ts"
import { mutateJson } from "./mutateJson.ts"
import type { Route } from "./OpenApi.ts"
import * as strange from "./strange.ts"

/** What there is on the server, so that requests get further than to a 404. */
export interface Rows {
  readonly token: string
  readonly ids: Readonly<Record<string, string>>
  /** Values of a body's fields, by their names. */
  readonly fields: Readonly<Record<string, Schema.Json>>
}

/** A request as it goes into a socket. */
export interface Sent {
  readonly bytes: Buffer
  /** Whether the client then ends its side: what it sent may be half a request. */
  readonly ends: boolean
}

interface Draft {
  method: string
  target: string
  headers: Array<readonly [string, string]>
  body: Buffer
  ends: boolean
}

const withFields = (value: Schema.Json, fields: Rows["fields"]): Schema.Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, own]) => [name, fields[name] ?? own]))
    : value

const idOf = (path: string, { ids }: Rows) => ids[/^\/api\/(\w+)/.exec(path)?.[1] ?? ""] ?? "none"

/** The request that the document asks for. */
const sound = (chance: Chance, route: Route, rows: Rows): Draft & { readonly value: Schema.Json | undefined } => {
  const body = chance.any(route.bodies)
  const value = body?.type === "application/json" ? withFields(body.value, rows.fields) : undefined
  return {
    method: route.method,
    target: route.path.replace("{id}", idOf(route.path, rows)),
    headers: [
      ["Host", "127.0.0.1"],
      ["Authorization", `Bearer ${rows.token}`],
      ["Connection", "close"],
      ...(body === undefined ? [] : [["Content-Type", body.type] as const])
    ],
    body: Buffer.from(value === undefined ? "" : JSON.stringify(value)),
    ends: false,
    value
  }
}

const filters = [
  { steps: { some: { name: { eq: "publish" } } } },
  { OR: [{ status: { in: ["failed"] } }, { NOT: { app: { name: { iContains: "a" } } } }], sequenceNumber: { gt: 1 } },
  { metadata: { path: { keys: ["a"], eq: 1 } }, createdAt: { gte: "2026-01-01T00:00:00Z" } }
]

const orders = [[{ createdAt: "desc" }], [{ completedAt: "asc_nulls_first" }, { id: "asc" }]]

const queryValue = (chance: Chance, name: string) => {
  if (name === "filter") return mutateJson(chance, chance.any(filters) ?? {})
  if (name === "orderBy") return mutateJson(chance, chance.any(orders) ?? [])
  return chance.below(4) === 0 ? "1" : chance.pick(strange.texts)
}

const escaped = (chance: Chance, text: string) => {
  const whole = encodeURIComponent(text.toWellFormed())
  return chance.below(10) === 0 ? `${whole}%${chance.pick(["", "f", "zz", "00", "ff", "c3", "ed%a0%80"])}` : whole
}

const query = (chance: Chance, { query: names }: Route) => {
  const some: ReadonlyArray<string> = [...names, ...names, "surplus", "__proto__", "filter[status]", ""]
  const pairs = Array.from({ length: 1 + chance.below(3) }, () => {
    const name = chance.any(some) ?? ""
    return `${escaped(chance, name)}=${escaped(chance, queryValue(chance, name))}`
  })
  return chance.below(6) === 0 ? [...pairs, ...pairs].join("&") : pairs.join(chance.pick(["&", "&", "&&", ";"]))
}

const wholeTargets = ["*", "/", "//", "/..", "/%2e%2e/healthz", "/api", "/API/deploys", "/api/deploys/{id}", "?", "#"]

const otherTarget = (chance: Chance, target: string) => {
  const strangeId = escaped(chance, chance.pick(strange.texts))
  switch (chance.below(5)) {
    case 0:
      return chance.any(wholeTargets) ?? "/"
    case 1:
      return `${target}/${strangeId}`
    case 2:
      return `http://elsewhere.example${target}`
    case 3:
      return target.replaceAll("/", chance.pick(["//", "/./", "%2f", "/"]))
    default:
      return target.replace(/[^/]*$/, strangeId)
  }
}

const names = ["X-Request-Id", "Accept", "Accept-Encoding", "Cookie", "Range", "Origin", "X-Forwarded-For", "__proto__"]

const values = [
  "",
  ",",
  '"',
  "*",
  "0",
  "-1",
  "99999999999999999999",
  "wait=",
  "wait=-1",
  "wait=0",
  "wait=1e9",
  'W/"x", "y"',
  "\u00e9\u00ff",
  "a\tb",
  "gzip;q=x",
  "http://elsewhere.example",
  "null",
  "x".repeat(300)
]

const authorizations = ["", "Bearer", "Bearer ", "Basic eDp4", "bearer  x", "Bearer x y", `Bearer ${"x".repeat(9000)}`]

const types = [
  "",
  "text/plain",
  "application/json; charset=utf-16",
  "application/json, text/html",
  "multipart/form-data",
  ";",
  "application/x-tar"
]

const header = (chance: Chance, draft: Draft, route: Route) => {
  const known: ReadonlyArray<string> = [...route.headers, ...route.headers, ...names]
  const value = chance.any(values) ?? ""
  switch (chance.below(6)) {
    case 0:
      draft.headers = draft.headers.filter(([name]) => name !== "Authorization")
      return draft.headers.push(["Authorization", chance.any(authorizations) ?? ""])
    case 1:
      draft.headers = draft.headers.filter(([name]) => name !== "Content-Type")
      return draft.headers.push(["Content-Type", chance.any(types) ?? ""])
    case 2:
      return draft.headers.push(["Content-Encoding", chance.pick(["gzip", "br", "identity", "x"])])
    case 3:
      return draft.headers.push(...Array.from({ length: 60 }, (_, at) => [`X-${at}`, value] as const))
    case 4:
      return draft.headers.push([chance.any(known) ?? "", value], [chance.any(known) ?? "", value])
    default:
      return draft.headers.push([chance.any(known) ?? "", value])
  }
}

const body = (chance: Chance, draft: Draft, value: Schema.Json | undefined) => {
  const kind = chance.below(10)
  if (kind === 0) draft.body = chance.pick(strange.bytes)
  else if (kind === 1) draft.body = Buffer.from(chance.pick(strange.broken))
  else if (kind === 2) draft.body = Buffer.from(chance.pick(strange.json))
  else draft.body = Buffer.from(mutateJson(chance, value ?? {}))
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY"]

/** How the length of the body is told: mostly as it is. */
const framed = (chance: Chance, draft: Draft): Buffer => {
  const size = draft.body.length
  const kind = chance.below(14)
  if (kind === 0) {
    draft.headers.push(["Transfer-Encoding", "chunked"])
    return Buffer.concat([Buffer.from(`${size.toString(16)};a=b\r\n`), draft.body, Buffer.from("\r\n0\r\n\r\n")])
  }
  const told =
    kind === 1
      ? chance.pick(["-1", "x", "1e3", "+1", "99999999999999999999", ""])
      : String(size + (kind === 2 ? 10 : 0))
  draft.ends = draft.ends || kind === 1 || kind === 2
  if (size > 0 || kind < 3 || draft.method === "POST") draft.headers.push(["Content-Length", told])
  return draft.body
}

/** A request to a route with something wrong with it. */
export const mutateRequest = (chance: Chance, route: Route, rows: Rows): Sent => {
  const draft = sound(chance, route, rows)
  const kinds = [
    0,
    1,
    2,
    3,
    4,
    ...(route.bodies.length > 0 ? [4, 4, 4] : []),
    ...(route.query.length > 0 ? [2, 2] : [])
  ]
  for (let left = 1 + chance.below(2); left > 0; left--) {
    const kind = chance.any(kinds)
    if (kind === 0 && chance.below(3) === 0) draft.method = chance.any(methods) ?? "GET"
    else if (kind === 1) draft.target = otherTarget(chance, draft.target)
    else if (kind === 2) draft.target = `${draft.target.split("?")[0]}?${query(chance, route)}`
    else if (kind === 3) header(chance, draft, route)
    else if (kind === 4) body(chance, draft, draft.value)
  }
  const content = framed(chance, draft)
  const lines = [
    `${draft.method} ${draft.target} HTTP/1.1`,
    ...draft.headers.map(([name, value]) => `${name}: ${value}`)
  ]
  return { bytes: Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), content]), ends: draft.ends }
}
