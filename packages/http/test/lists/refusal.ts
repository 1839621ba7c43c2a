import { InputFault } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Served from "../support/Served.ts"
import { asQuery, type BadQuery, type Fault } from "./badQuery.ts"

/** Milliseconds that no request may take, on however busy a machine; what is refused takes a few. */
export const slow = 5_000

const maxQueryBytes = 16 * 1024

const Problem = Schema.Struct({
  type: Schema.Literal("urn:problem-type:deploys:invalid-request"),
  status: Schema.Literal(400),
  errors: Schema.Array(InputFault)
})

const headers = { authorization: "Bearer root", "content-type": "application/json" }

const answerTo = Effect.fnUntraced(function* (path: string, body?: string) {
  const url = `${yield* Served.url}${path}`
  const init = body === undefined ? { headers } : { headers, method: "POST", body }
  return yield* Effect.promise(async () => {
    const begun = performance.now()
    const response = await fetch(url, init)
    const answer = { status: response.status, body: await response.json(), millis: performance.now() - begun }
    return answer
  })
})

/** The answer to a list that is asked for by GET. */
export const getList = (query: string) => answerTo(`/api/deploys?${query}`)

/** The answer to a list that is asked for by a body. */
export const searchList = (body: string) => answerTo("/api/deploys/search", body)

const faultsOf = ({ body }: { readonly body: unknown }) =>
  Schema.decodeUnknownSync(Problem)(body).errors.map(({ code, path }): Fault => [path, code])

const fitsQuery = (query: string) => new TextEncoder().encode(decodeURIComponent(query)).length <= maxQueryBytes

const asked = ({ only, parameters }: BadQuery) => {
  const query = only === "body" ? "" : asQuery(parameters)
  return [
    ...(only === "body" || !fitsQuery(query) ? [] : [["GET", getList(query)] as const]),
    ...(only === "query" ? [] : [["search", searchList(JSON.stringify(parameters))] as const])
  ]
}

/** Asks for a list that has to be refused, by query and by body: both have the same faults at the same paths. */
export const refuses = Effect.fnUntraced(function* (bad: BadQuery) {
  for (const [how, send] of asked(bad)) {
    const answer = yield* send
    const says = `${how}: ${bad.says}: ${JSON.stringify(answer.body).slice(0, 300)}`
    assert.strictEqual(answer.status, 400, says)
    assert.deepStrictEqual(faultsOf(answer), bad.faults, says)
    assert.isBelow(answer.millis, slow, says)
  }
})
