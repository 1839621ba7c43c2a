import { SourceEventId } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { Chance, makeFilter } from "../../../packages/core/test/list/generate.ts"
import { type Cases, Lists } from "../Lists.ts"
import { buildRow, deployRow, instant, list, matching, numbers, sourceEventRow, stepRow } from "./rows.ts"

/** Deploys with and without what may be null. */
const mixed = {
  deploys: numbers(8).map((n) =>
    deployRow(n, {
      status: n % 2 === 0 ? "failed" : "completed",
      error: n % 2 === 0 ? `e${n}` : null,
      startedAt: n < 4 ? null : instant(n),
      sourceEventId: n % 3 === 0 ? SourceEventId.make("evt_1") : n % 3 === 1 ? SourceEventId.make("evt_gone") : null,
      metadata: n === 1 ? {} : n === 2 ? { a: null } : { a: n % 2 === 0 ? n : String(n), tags: ["x", n] }
    })
  ),
  sourceEvents: [sourceEventRow({ id: "evt_1" })],
  builds: [buildRow({ id: "bld_1" })],
  steps: [stepRow(1, 0), stepRow(1, 1, { error: "boom", status: "failed" }), stepRow(2, 0, { error: "boom" })]
}

const written: ReadonlyArray<object> = [
  { error: { eq: "e2" } },
  { error: { ne: "e2" } },
  { error: { in: ["e2", "e4"] } },
  { error: { notIn: ["e2"] } },
  { error: { contains: "e" } },
  { error: { iStartsWith: "E" } },
  { error: { isNull: true } },
  { error: { lt: "e4", isNull: false } },
  { startedAt: { gte: "2026-11-24T17:44:12Z" } },
  { sequenceNumber: { gt: 3 }, status: { eq: "failed" } },
  { metadata: { path: { keys: ["a"], gt: 3 } } },
  { metadata: { path: { keys: ["a"], lt: "5" } } },
  { metadata: { path: { keys: ["a"], isNull: true } } },
  { metadata: { contains: { tags: ["x"] } } },
  { metadata: { hasKey: "a" } },
  { sourceEvent: { kind: { eq: "push" } } },
  { sourceEvent: { isNull: true } },
  { build: { branch: { ne: "main" } }, sequenceNumber: { lt: 5 } },
  { steps: { some: { error: { eq: "boom" } } } },
  { steps: { every: { error: { eq: "boom" } } } },
  { steps: { none: { error: { ne: "boom" } } } },
  { OR: [{ error: { isNull: true } }, { startedAt: { isNull: true } }] }
]

const split = Effect.fnUntraced(function* (filter: object) {
  const [those, others, all] = [yield* matching(filter), yield* matching({ NOT: filter }), yield* matching({})]
  assert.deepStrictEqual(
    [...those, ...others].toSorted((a, b) => a - b),
    all,
    JSON.stringify(filter)
  )
  return those.length > 0 && others.length > 0
})

const boom = { error: "boom" }

/** Deploys by the errors of their steps: null; boom; boom and null; no steps. */
const byErrors = {
  deploys: numbers(4).map((n) => deployRow(n)),
  steps: [stepRow(1, 0), stepRow(2, 0, boom), stepRow(3, 0, boom), stepRow(3, 1)]
}

/** Cases about the logic of filters, by their numbers in the list of what broke elsewhere. */
export const logicCases: Cases = (it) => {
  it.effect("15: let through with a filter and with its NOT all rows together, and none twice", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill(mixed))
      for (const filter of written) assert.isTrue(yield* split(filter), JSON.stringify(filter))
      for (let seed = 1; seed <= 60; seed++) yield* split(makeFilter(new Chance(seed)))
    })
  )

  it.effect("15: let null through with ne, notIn and the negation of any test", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill(mixed))
      const nulls = [1, 3, 5, 7]
      for (const filter of [
        { error: { ne: "e" } },
        { error: { notIn: ["e"] } },
        { NOT: { error: { contains: "x" } } }
      ]) {
        assert.includeMembers([...(yield* matching(filter))], nulls)
      }
      for (const filter of [{ error: { eq: "e" } }, { error: { lt: "z" } }, { error: { startsWith: "" } }]) {
        assert.notIncludeMembers([...(yield* matching(filter))], nulls)
      }
    })
  )

  it.effect("16: ask every and none of children that hold null", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill(byErrors))
      assert.deepStrictEqual(yield* matching({ steps: { every: { error: { eq: "boom" } } } }), [2, 4])
      assert.deepStrictEqual(yield* matching({ steps: { none: { error: { ne: "boom" } } } }), [2, 4])
      assert.deepStrictEqual(yield* matching({ steps: { some: { error: { ne: "boom" } } } }), [1, 3])
      assert.deepStrictEqual(yield* matching({ steps: { none: {} } }), [4])
    })
  )

  it.effect("18: take empty combinators for what they are", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill(mixed))
      const all = yield* matching({})
      const everything = [
        { AND: [] },
        { NOT: { OR: [] } },
        { error: { notIn: [] } },
        { error: {} },
        { steps: {} },
        { build: {} }
      ]
      for (const filter of everything) assert.deepStrictEqual(yield* matching(filter), all, JSON.stringify(filter))
      for (const filter of [{ OR: [] }, { NOT: {} }, { error: { in: [] } }, { steps: { some: { OR: [] } } }]) {
        assert.deepStrictEqual(yield* matching(filter), [], JSON.stringify(filter))
      }
      assert.strictEqual((yield* list({ ids: [] })).pageInfo.total, 0)
    })
  )

  it.effect("20: find a deploy whose to-one relation leads nowhere", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill(mixed))
      const present = [3, 6]
      const absent = [1, 2, 4, 5, 7, 8]
      assert.deepStrictEqual(yield* matching({ sourceEvent: {} }), present)
      assert.deepStrictEqual(yield* matching({ sourceEvent: { isNull: false } }), present)
      assert.deepStrictEqual(yield* matching({ sourceEvent: { isNull: true } }), absent)
      assert.deepStrictEqual(yield* matching({ NOT: { sourceEvent: { kind: { eq: "push" } } } }), absent)
      assert.deepStrictEqual(yield* matching({ sourceEvent: { kind: { ne: "x" } } }), present)
      assert.deepStrictEqual(yield* matching({ sourceEvent: { isNull: true, kind: { eq: "push" } } }), [])
      assert.deepStrictEqual(yield* matching({ NOT: { sourceEvent: { kind: { eq: "x" } } } }), numbers(8))
    })
  )

  it.effect("22: hold both conditions of a quantifier against one child", () =>
    Effect.gen(function* () {
      const steps = [
        stepRow(1, 0, { name: "x", status: "completed" }),
        stepRow(1, 1, { name: "y", status: "failed" }),
        stepRow(2, 0, { name: "x", status: "failed" })
      ]
      yield* Lists.use(({ fill }) => fill({ deploys: numbers(3).map((n) => deployRow(n)), steps }))
      const both = { name: { eq: "x" }, status: { eq: "failed" } }
      assert.deepStrictEqual(yield* matching({ steps: { none: both } }), [1, 3])
      assert.deepStrictEqual(yield* matching({ steps: { some: both } }), [2])
    })
  )
}
