import { DeployFilter, type ListOptions, OrderBy } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Chance, makeFilter, makeOrderBy } from "./generate.ts"

describe("the type of a filter", () => {
  it("takes what the fields have and nothing else", () => {
    const filters: ReadonlyArray<DeployFilter> = [
      {},
      { status: { in: ["failed", "running"] }, startedAt: { gte: "2026-11-24T00:00:00Z", isNull: false } },
      { AND: [{ isLive: { eq: true } }], OR: [], NOT: { error: { iContains: "timeout" } } },
      { steps: { some: { index: { gt: 0 } }, none: { output: { path: { keys: ["a"], eq: 1 } } } } },
      { build: { version: { entity: { workspace: { name: { eq: "a" } } } } }, sourceEvent: { isNull: true } },
      // @ts-expect-error -- a status has no order
      { status: { gt: 3 } },
      // @ts-expect-error -- there is no such status
      { status: { eq: "done" } },
      // @ts-expect-error -- there is no such field
      { state: { eq: "failed" } },
      // @ts-expect-error -- null is asked for by isNull
      { error: { eq: null } },
      // @ts-expect-error -- a number is no text
      { sequenceNumber: { eq: "1" } },
      // @ts-expect-error -- steps want a quantifier
      { steps: { index: { gt: 0 } } },
      // @ts-expect-error -- a build has no trigger
      { build: { trigger: { eq: "auto" } } },
      // @ts-expect-error -- a document is not equal to anything
      { metadata: { eq: {} } },
      // @ts-expect-error -- a path wants keys
      { metadata: { path: { eq: 1 } } },
      // @ts-expect-error -- absence is asked of the relation itself
      { build: { AND: [{ isNull: true }] } },
      // @ts-expect-error -- undefined is not a way to leave something out
      { status: undefined }
    ]
    const orders: ReadonlyArray<NonNullable<ListOptions["orderBy"]>> = [
      [{ createdAt: "desc" }, { id: "asc_nulls_last" }],
      // @ts-expect-error -- an order has a key
      [],
      // @ts-expect-error -- JSON has no order
      [{ metadata: "asc" }],
      // @ts-expect-error -- there is no such direction
      [{ id: "up" }]
    ]
    assert.deepStrictEqual(
      filters.map(Schema.is(DeployFilter)),
      filters.map((_, i) => i < 5)
    )
    assert.deepStrictEqual(
      orders.map(Schema.is(OrderBy)),
      orders.map((_, i) => i < 1)
    )
  })
})

const shape = Schema.toCodecJson(DeployFilter)
const fits = Schema.decodeUnknownResult(shape, { onExcessProperty: "error" })

/** Puts something else in the place of one part of a filter. */
const spoil = (chance: Chance, value: unknown): unknown => {
  if (typeof value !== "object" || value === null || chance.hit(0.3))
    return chance.pick([null, 1, "x", { nope: 1 }, []])
  const keys = Object.keys(value)
  if (keys.length === 0) return { nope: {} }
  const key = chance.pick(keys)
  const inner = spoil(chance, Reflect.get(value, key))
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...value, [key]: inner }
}

describe("the JSON Schema of a filter", () => {
  it("is true of every filter that is taken", () => {
    let refused = 0
    for (let seed = 1; seed <= 1_000; seed++) {
      const chance = new Chance(seed)
      const filter = makeFilter(chance)
      assert.strictEqual(fits(filter)._tag, "Success", `${seed} ${JSON.stringify(filter)}`)
      const spoilt = spoil(chance, filter)
      const taken = Schema.is(DeployFilter)(spoilt)
      if (taken) assert.strictEqual(fits(spoilt)._tag, "Success", `${seed} ${JSON.stringify(spoilt)}`)
      else refused++
    }
    assert.isAbove(refused, 500)
  })

  it("names each resource once and refers to it", () => {
    const { definitions, schema } = Schema.toJsonSchemaDocument(DeployFilter, { onExcessProperty: "error" })
    assert.deepStrictEqual(schema, { $ref: "#/$defs/DeployFilter" })
    const names = Object.keys(definitions).filter((name) => !name.endsWith("Operators"))
    const related = ["Build", "Entity", "SourceEvent", "Version", "Workspace"]
    const expected = [
      "DeployFilter",
      "StepFilter",
      ...related.flatMap((name) => [`${name}Filter`, `${name}RelationFilter`])
    ]
    assert.deepStrictEqual(names.toSorted(), expected.toSorted())
  })

  it("describes an order as objects of one field", () => {
    const { definitions, schema } = Schema.toJsonSchemaDocument(OrderBy, { onExcessProperty: "error" })
    assert.deepInclude(schema, { type: "array", items: { $ref: "#/$defs/OrderByKey" }, minItems: 1 })
    assert.include(JSON.stringify(definitions["OrderByKey"]), `"maxProperties":1`)
    const chance = new Chance(1)
    const decode = Schema.decodeUnknownResult(Schema.toCodecJson(OrderBy))
    for (let i = 0; i < 100; i++) assert.strictEqual(decode(makeOrderBy(chance))._tag, "Success")
  })
})
