import { assert, describe, it } from "@effect/vitest"
import { describeHistory } from "./Report.ts"
import { scenarioOf } from "./Scenario.ts"
import { simulate } from "./Simulation.ts"

describe("a simulation", () => {
  it("goes the same way each time that its seed is run", () => {
    for (const seed of [3, 17, 948]) {
      const [first, second] = [simulate(scenarioOf(seed)), simulate(scenarioOf(seed))].map(describeHistory)
      assert.isAbove(first?.length ?? 0, 20)
      assert.deepStrictEqual(first, second)
    }
  })

  it("goes another way with another seed", () => {
    const [first, second] = [simulate(scenarioOf(3)), simulate(scenarioOf(4))].map(describeHistory)
    assert.notDeepEqual(first, second)
  })
})
