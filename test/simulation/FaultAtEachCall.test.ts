import { assert, describe, it } from "@effect/vitest"
import { check } from "./invariants/check.ts"
import { faultAtEachCall, scripts } from "./Scripted.ts"
import { report } from "./Report.ts"
import { simulate } from "./Simulation.ts"

describe("a fault at each call of the store breaks no invariant", () => {
  it.each([...scripts])(
    "of %s",
    (_, asks) => {
      const scenarios = faultAtEachCall(asks)
      assert.isAbove(scenarios.length, 100)
      for (const scenario of scenarios) {
        const history = simulate(scenario)
        const breaches = check(history)
        if (breaches.length > 0) assert.fail(report(scenario, history, breaches))
      }
    },
    120_000
  )
})
