import { Filter, FilterPredicate, makeQueryPlan, type QueryPlan, type Scope, WorkspaceId } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { Chance, makeFilter, makeWorld, visibleTo } from "./generate.ts"
import { type Json, matches, type World } from "./naive.ts"
import { deployRow } from "./rows.ts"
import { optionsOf, relativesIn } from "./worlds.ts"

const firstSeed = Number(process.env["SEED"] ?? 1)
const seeds = Array.from({ length: 2_000 }, (_, i) => firstSeed + i)

const planOf = (filter: Json, scope: Scope): QueryPlan => Result.getOrThrow(makeQueryPlan(optionsOf({ filter }), scope))

const idsOf = (filter: Filter.Filter, world: World) => {
  const holds = FilterPredicate.make(filter, relativesIn(world))
  return world.deploys.filter(holds).map(({ id }) => id)
}

const naiveIds = (filter: Json, world: World) =>
  world.deploys.filter((row) => matches(filter, "deploys", row, world)).map(({ id }) => id)

describe("a generated filter", () => {
  it("lets through what the design says, and its complement the rest", () => {
    let [some, all] = [0, 0]
    for (const seed of seeds) {
      const chance = new Chance(seed)
      const world = makeWorld(chance)
      const filter = makeFilter(chance)
      const told = `SEED=${seed} ${JSON.stringify(filter)}`
      const expected = naiveIds(filter, world)
      const tree = planOf(filter, "all").filter
      assert.deepStrictEqual(idsOf(tree, world), expected, told)
      const rest = world.deploys.map(({ id }) => id).filter((id) => !expected.includes(id))
      assert.deepStrictEqual(idsOf(Filter.not(tree), world), rest, `not ${told}`)
      assert.deepStrictEqual(idsOf(planOf({ NOT: filter }, "all").filter, world), rest, `NOT ${told}`)
      if (expected.length > 0) some++
      if (rest.length === 0) all++
    }
    // The filters would prove little if they let everything or nothing through.
    assert.isAbove(some - all, seeds.length / 3)
  })

  it("tells a caller the same as if hidden rows were not there", () => {
    for (const seed of seeds) {
      const chance = new Chance(seed)
      const world = makeWorld(chance)
      const filter = makeFilter(chance)
      const scope = chance.pick([[], ["ws_a"], ["ws_b"], ["ws_a", "ws_c"]]).map((id) => WorkspaceId.make(id))
      const expected = naiveIds(filter, visibleTo(world, scope))
      const found = idsOf(planOf(filter, scope).filter, world)
      assert.deepStrictEqual(found, expected, `SEED=${seed} ${scope} ${JSON.stringify(filter)}`)
    }
  })
})

/** Deploys whose steps have these errors, and the first of which has a source event. */
const worldOf = (errors: Readonly<Record<string, ReadonlyArray<string | null>>>): World => {
  const deploys = Object.keys(errors).map((name, i) => ({ ...deployRow(i), previewUrl: name }))
  return {
    ...makeWorld(new Chance(1)),
    deploys: deploys.map((deploy, i) => (i === 0 ? { ...deploy, sourceEventId: "evt_1", error: "boom" } : deploy)),
    steps: deploys.flatMap(({ id, previewUrl }) =>
      (errors[previewUrl] ?? []).map((error) => ({ deployId: id, error, output: null }))
    ),
    builds: [],
    sourceEvents: [{ id: "evt_1", workspaceId: "ws_a", kind: "push", payload: ["a"], createdAt: null }]
  }
}

describe("a filter by example", () => {
  const world = worldOf({ null: [null], boom: ["boom"], both: ["boom", null], bare: [] })
  const all = ["null", "boom", "both", "bare"]
  const cases: ReadonlyArray<readonly [filter: Json, expected: ReadonlyArray<string>]> = [
    [{}, all],
    [{ AND: [] }, all],
    [{ OR: [] }, []],
    [{ NOT: {} }, []],
    [{ NOT: { OR: [] } }, all],
    [{ error: {} }, all],
    [{ steps: {} }, all],
    [{ error: { in: [] } }, []],
    [{ error: { notIn: [] } }, all],
    [{ error: { eq: "boom" } }, ["null"]],
    [{ error: { ne: "boom" } }, ["boom", "both", "bare"]],
    [{ error: { notIn: ["boom"] } }, ["boom", "both", "bare"]],
    [{ NOT: { error: { contains: "o" } } }, ["boom", "both", "bare"]],
    [{ error: { isNull: true } }, ["boom", "both", "bare"]],
    [{ createdAt: { isNull: true } }, []],
    [{ steps: { some: {} } }, ["null", "boom", "both"]],
    [{ steps: { none: {} } }, ["bare"]],
    [{ steps: { every: {} } }, all],
    [{ steps: { every: { error: { eq: "boom" } } } }, ["boom", "bare"]],
    [{ steps: { none: { error: { ne: "boom" } } } }, ["boom", "bare"]],
    [{ steps: { some: { error: { eq: "boom" } }, every: { error: { eq: "boom" } } } }, ["boom"]],
    [{ steps: { none: { error: { eq: "boom", ne: "boom" } } } }, all],
    [{ build: {} }, []],
    [{ build: { isNull: true } }, all],
    [{ sourceEvent: {} }, ["null"]],
    [{ sourceEvent: { isNull: false } }, ["null"]],
    [{ sourceEvent: { isNull: true } }, ["boom", "both", "bare"]],
    [{ sourceEvent: { isNull: true, kind: { ne: "x" } } }, []],
    [{ sourceEvent: { kind: { ne: "push" } } }, []],
    [{ NOT: { sourceEvent: { kind: { eq: "push" } } } }, ["boom", "both", "bare"]],
    [{ sourceEvent: { payload: { contains: ["a"] } } }, ["null"]],
    [{ sourceEvent: { payload: { contains: "a" } } }, []],
    [{ sourceEvent: { payload: { hasKey: "a" } } }, []],
    [{ sourceEvent: { payload: { path: { keys: ["0"], isNull: true } } } }, ["null"]],
    [{ metadata: { path: { keys: ["constructor"], isNull: true } } }, all],
    [{ metadata: { path: { keys: ["__proto__"], isNull: true } } }, all],
    [{ metadata: { hasKey: "constructor" } }, []],
    [{ sequenceNumber: { lt: 1e300, gt: -1e300, ne: 1.5, notIn: [3e9] } }, all],
    [{ sequenceNumber: { eq: 1.5 } }, []],
    [{ sequenceNumber: { gte: 1.5, lte: 2.5 } }, ["both"]]
  ]

  it.each(cases.map(([filter, expected]) => [JSON.stringify(filter), filter, expected] as const))(
    "%s lets through what the design says",
    (_, filter, expected) => {
      const named = (ids: ReadonlyArray<unknown>) => all.filter((_, i) => ids.includes(world.deploys[i]?.["id"]))
      assert.deepStrictEqual(named(naiveIds(filter, world)), expected)
      assert.deepStrictEqual(named(idsOf(planOf(filter, "all").filter, world)), expected)
    }
  )
})
