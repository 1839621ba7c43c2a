import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Deploy } from "../../src/domain/Deploy.ts"
import { makePage, Page } from "../../src/list/Page.ts"
import * as PageJson from "../../src/list/PageJson.ts"
import { decodeListOptions } from "../../src/list/ListRequest.ts"
import { makeQueryPlan } from "../../src/list/QueryPlan.ts"

/** A row as a store has it: times and ids as they are, JSON as its text. */
const valuesOf = (deploy: Deploy): PageJson.RowValues =>
  PageJson.fields.map(({ kind, name }) => {
    const value: unknown = Reflect.get(deploy, name)
    return kind === "json" ? JSON.stringify(value) : value
  })

const encode = Schema.encodeEffect(Schema.fromJsonString(Schema.toCodecJson(Page)))

const Found = Schema.Struct({
  rows: Schema.Array(Deploy).check(Schema.isMaxLength(6)),
  behind: Schema.Boolean,
  total: Schema.NullOr(Schema.Natural),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))
})

it.effect.prop("a page of a store's values is the JSON that its schema encodes", [Found], ([{ limit, ...found }]) =>
  Effect.gen(function* () {
    const plan = yield* Effect.fromResult(makeQueryPlan(yield* Effect.fromResult(decodeListOptions({ limit })), "all"))
    const expected = yield* encode(makePage(plan, found))
    const text = PageJson.make(plan, { ...found, rows: found.rows.map(valuesOf) })
    assert.deepStrictEqual(JSON.parse(text), JSON.parse(expected))
  })
)

it("every field of a deploy is written, in the order of its schema", () => {
  assert.deepStrictEqual(
    PageJson.fields.map(({ name }) => name),
    Object.keys(Deploy.fields)
  )
})
