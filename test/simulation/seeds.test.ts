import { assert, describe, it } from "@effect/vitest"
import { GoalCount } from "./Goals.ts"
import { check } from "./invariants/check.ts"
import { type Scenario, scenarioOf } from "./Scenario.ts"
import { scriptedNamed } from "./Scripted.ts"
import { explain } from "./shrink.ts"
import { simulate } from "./Simulation.ts"

const total = Number(process.env["SEEDS"] ?? 2000)
const chunk = 100

const chunks = Array.from({ length: Math.ceil(total / chunk) }, (_, index) => {
  const first = index * chunk + 1
  return [first, Array.from({ length: Math.min(chunk, total - first + 1) }, (_, nth) => first + nth)] as const
})

/** What `SEED` names: a seed by its number, or a scripted run by its name. */
const replayed = (name: string): Scenario =>
  scriptedNamed(name) ?? (Number.isInteger(Number(name)) ? scenarioOf(Number(name)) : assert.fail(`No run "${name}"`))

const { SEED: seed } = process.env

describe.skipIf(seed === undefined)("one run", () => {
  it("breaks no invariant", () => assert.isNull(explain(replayed(seed ?? ""))))
})

describe.skipIf(seed !== undefined)("nodes that fail at random", () => {
  const goals = new GoalCount()

  it.each(chunks)(
    "break no invariant (seeds from %i)",
    (_, seeds) => {
      for (const seed of seeds) {
        const history = simulate(scenarioOf(seed))
        goals.add(history)
        if (check(history).length > 0) assert.fail(explain(scenarioOf(seed)) ?? "seen once, and not again")
      }
    },
    120_000
  )

  // The rarest of them wants some hundred seeds.
  it.skipIf(total < 1500)("reach everything that they are to try", () => {
    assert.deepStrictEqual(goals.missed, [], "not exercised")
  })
})
