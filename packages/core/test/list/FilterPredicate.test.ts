import { Filter, FilterPredicate, makeQueryPlan, type QueryPlan, type Scope, WorkspaceId } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { Chance, makeFilter, makeWorld, visibleTo } from "./generate.ts"
import { type Json, matches, type World } from "./naive.ts"
import { optionsOf, relativesIn } from "./worlds.ts"

const firstSeed = Number(process.env["SEED"] ?? 1)
const seeds = Array.from({ length: 2_500 }, (_, i) => firstSeed + i)

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
