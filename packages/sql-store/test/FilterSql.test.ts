import { decodeListOptions, DeployStore, makeQueryPlan } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { onPglite } from "../../../test/setup/sqlStore.ts"
import { makeDatabase } from "../src/internal/Database.ts"
import { makeListCompiler } from "../src/list/compileList.ts"

const hostile = [
  "'; DROP TABLE deploys.deploys; --",
  '"; DROP TABLE deploys.deploys; --',
  "$1",
  "\\",
  "\\' OR 1=1 --",
  "{a,b}",
  "/*",
  "%_\\%",
  "${x}",
  "' || pg_sleep(9) || '",
  "\u{1f600}",
  "x".repeat(1000)
]

const planOf = (filter: object, more: object = {}) =>
  Effect.gen(function* () {
    const options = yield* Effect.fromResult(decodeListOptions({ filter, ...more }))
    return yield* Effect.fromResult(makeQueryPlan(options, "all"))
  })

const operators = ["eq", "ne", "lt", "gte", "contains", "startsWith", "endsWith", "iContains"]

/** Each place of a filter that takes a text from outside. */
const filtersWith = (text: string) => [
  ...operators.map((operator) => ({ error: { [operator]: text } })),
  { createdBy: { in: [text, "b"] } },
  { metadata: { hasKey: text } },
  { metadata: { contains: { [text]: text } } },
  { metadata: { path: { keys: [text, "b"], eq: text } } },
  { metadata: { path: { keys: ["a"], iEndsWith: text } } },
  { steps: { none: { name: { notIn: [text, "b"] } } } },
  { entity: { name: { eq: text } } }
]

layer(onPglite)("a filter in SQL", (it) => {
  it.effect("binds every text from outside, and so is the same statement for all of them", () =>
    Effect.gen(function* () {
      const lists = makeListCompiler(yield* makeDatabase)
      const store = yield* DeployStore
      const texts = new Map<number, string>()
      for (const text of hostile) {
        for (const [place, filter] of filtersWith(text).entries()) {
          const plan = yield* planOf(filter)
          const [statement] = lists.compile(plan)
          assert.strictEqual(statement, texts.get(place) ?? statement, JSON.stringify(filter))
          texts.set(place, statement)
          assert.deepStrictEqual((yield* store.list(plan)).data, [], JSON.stringify(filter))
        }
      }
      const sql = yield* SqlClient.SqlClient
      assert.lengthOf(yield* sql`SELECT 1 FROM pg_tables WHERE schemaname = 'deploys' AND tablename = 'deploys'`, 1)
    })
  )

  it.effect("takes the longest lists that a request may hold", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const values = Array.from({ length: 1000 }, (_, n) => `value ${n}`)
      const OR = Array.from({ length: 60 }, () => ({ error: { in: values }, createdBy: { notIn: values } }))
      assert.deepStrictEqual((yield* store.list(yield* planOf({ OR }))).data, [])
    })
  )
})
