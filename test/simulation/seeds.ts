import { assert, describe, it } from "@effect/vitest"
import { GoalCount } from "./Goals.ts"
import { check } from "./invariants/check.ts"
import { scenarioOf } from "./Scenario.ts"
import { explain } from "./shrink.ts"
import { simulate } from "./Simulation.ts"

/** Seeds that have once broken something, each with the fix that it is for. They run before all others. */
const corpus: ReadonlyArray<number> = []

const chunk = 100

const seedsFrom = (first: number, count: number, step: number) =>
  Array.from({ length: count }, (_, index) => first + index * step)

/** One of several parts of the seeds: test files run side by side, so each is a file of its own. */
export const suite = (part: number, parts: number): void => {
  const seed = process.env["SEED"]
  if (seed !== undefined) {
    it.skipIf(part > 1)(`seed ${seed} breaks no invariant`, () => assert.isNull(explain(scenarioOf(Number(seed)))))
    return
  }
  const total = Number(process.env["SEEDS"] ?? 5000)
  const seeds = [...(part === 1 ? corpus : []), ...seedsFrom(part, Math.ceil(total / parts), parts)]
  const goals = new GoalCount()
  const chunks = Array.from({ length: Math.ceil(seeds.length / chunk) }, (_, index) =>
    seeds.slice(index * chunk, (index + 1) * chunk)
  )
  describe(`nodes that fail at random, part ${part} of ${parts}`, () => {
    it.each(chunks.map((seeds) => [seeds[0], seeds] as const))(
      "break no invariant (seeds from %i)",
      (_, seeds) => {
        for (const seed of seeds) {
          const history = simulate(scenarioOf(seed))
          goals.add(history)
          if (check(history).length > 0) assert.fail(explain(scenarioOf(seed)) ?? "seen once, and not again")
        }
      },
      60_000
    )

    it("reach everything that they are to try", () => {
      assert.deepStrictEqual(goals.missed, [], "not exercised")
    })
  })
}
