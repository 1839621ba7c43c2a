import { Cursor, decodeListOptions, makeQueryPlan, type QueryPlan, type Scope, WorkspaceId } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { onPglite } from "../../../test/setup/sqlStore.ts"
import { makeDatabase } from "../src/internal/Database.ts"
import { makeListCompiler } from "../src/list/compileList.ts"
import { listDeploys } from "../src/list/listDeploys.ts"

/** Values for all places of a request: text that occurs in no statement by itself, numbers and times. */
const Values = Schema.Struct({
  text: Schema.String.check(Schema.isPattern(/^zq[a-z0-9]{3,9}$/)),
  other: Schema.String.check(Schema.isPattern(/^zq[a-z0-9]{3,9}$/)),
  number: Schema.Int.check(Schema.isBetween({ minimum: 100_000, maximum: 999_999_999 })),
  day: Schema.Int.check(Schema.isBetween({ minimum: 10, maximum: 28 })),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 51, maximum: 100 }))
})
type Values = typeof Values.Type

const timeOf = ({ day, number }: Values) => `1987-02-${day}T01:02:03.${String(number).slice(0, 6)}Z`

const filterOf = (values: Values) => ({
  createdBy: { in: [values.text, values.other] },
  error: { iContains: values.text, ne: values.other },
  sequenceNumber: { gt: values.number },
  createdAt: { lte: timeOf(values) },
  metadata: {
    contains: { [values.text]: values.number },
    hasKey: values.other,
    path: { keys: [values.text, values.other], in: [values.text, values.number], lt: values.number }
  },
  OR: [{ build: { branch: { startsWith: values.text } } }, { steps: { every: { name: { eq: values.other } } } }]
})

const planOf = Effect.fnUntraced(function* (values: Values) {
  const scope: Scope = [WorkspaceId.make(values.text), WorkspaceId.make(`${values.other}x`)]
  const orderBy = [{ error: "desc_nulls_last" }, { sequenceNumber: "asc" }] as const
  const given = { filter: filterOf(values), orderBy, limit: values.limit }
  const { order } = yield* Effect.fromResult(makeQueryPlan(yield* Effect.fromResult(decodeListOptions(given)), scope))
  const row = { error: values.text, sequenceNumber: values.number, id: `dep_${"0".repeat(26)}` }
  const options = yield* Effect.fromResult(decodeListOptions({ ...given, after: Cursor.encode(order, row) }))
  return yield* Effect.fromResult(makeQueryPlan(options, scope))
})

const held = (values: Values) => [values.text, values.other, String(values.number), timeOf(values)]

layer(onPglite)("the shape of a list", (it) => {
  it.effect.prop("gives any two values the same text, which holds neither", [Values, Values], ([some, others]) =>
    Effect.gen(function* () {
      const lists = makeListCompiler(yield* makeDatabase)
      const [text, parameters] = lists.compile(yield* planOf(some))
      const [same, otherParameters] = lists.compile(yield* planOf(others))
      assert.strictEqual(text, same)
      assert.strictEqual(lists.size(), 1)
      for (const value of [...held(some), ...held(others)]) assert.notInclude(text, value)
      for (const value of held(some)) assert.include(JSON.stringify(parameters), value)
      for (const value of held(others)) assert.include(JSON.stringify(otherParameters), value)
    })
  )

  it.effect.prop("compiles to what the plan itself compiles to", [Values], ([values]) =>
    Effect.gen(function* () {
      const db = yield* makeDatabase
      const plan = yield* planOf(values)
      const direct = listDeploys({ ...db, parameter: (value, encode) => encode(value) }, plan).compile()
      assert.deepStrictEqual<unknown>(makeListCompiler(db).compile(plan), direct)
    })
  )

  it.effect("tells apart what differs in more than values, and keeps at most 500", () =>
    Effect.gen(function* () {
      const lists = makeListCompiler(yield* makeDatabase)
      const compile = (options: object) =>
        Effect.fromResult(decodeListOptions(options)).pipe(
          Effect.flatMap((decoded) => Effect.fromResult(makeQueryPlan(decoded, "all"))),
          Effect.map((plan: QueryPlan) => lists.compile(plan)[0])
        )
      const texts = yield* Effect.forEach(
        [
          {},
          { total: false },
          { limit: 10 },
          { orderBy: [{ createdAt: "asc" }] },
          { filter: { status: { eq: "failed" } } },
          { filter: { status: { in: ["failed", "running"] } } },
          { filter: { NOT: { error: { eq: "x" } } } },
          { filter: { isLive: { eq: true } } },
          { filter: { metadata: { contains: { a: 1 } } } },
          { filter: { metadata: { path: { keys: ["a"], contains: 1 } } } },
          { filter: { metadata: { path: { keys: ["a"], lt: 1 } } } },
          { filter: { metadata: { path: { keys: ["a"], lt: "1" } } } }
        ],
        compile
      )
      assert.lengthOf(new Set(texts), texts.length)
      for (let n = 1; n <= 600; n++) {
        yield* compile({
          filter: { OR: Array.from({ length: n % 89 }, () => ({ error: { eq: "x" } })) },
          limit: n % 4 === 0 ? 1 : 99,
          total: n > 300
        })
      }
      assert.isAtMost(lists.size(), 500)
      assert.isAbove(lists.size(), 300)
    })
  )
})
