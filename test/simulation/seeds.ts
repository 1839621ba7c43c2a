import { assert, describe, it } from "@effect/vitest"
import { GoalCount } from "./Goals.ts"
import { check } from "./invariants/check.ts"
import { scenarioOf } from "./Scenario.ts"
import { explain } from "./shrink.ts"
import { simulate } from "./Simulation.ts"

/**
 * Seeds that break something without a fix that once was needed; they run before all others. A change of what a seed draws
 * makes them seeds like any other: then they are to be looked for anew.
 *
 * - 66: a crash between two attempts gave the first one back.
 * - 382: a runner that was told twice ran a deploy beside itself.
 */
const corpus: ReadonlyArray<number> = [66, 382]

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
  const total = Number(process.env["SEEDS"] ?? 3000)
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

    // The rarest of them wants about a hundred seeds.
    it.skipIf(seeds.length < 500)("reach everything that they are to try", () => {
      assert.deepStrictEqual(goals.missed, [], "not exercised")
    })
  })
}
