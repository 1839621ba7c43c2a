import { assert, describe, it } from "@effect/vitest"
import { check } from "./invariants/check.ts"
import { report } from "./Report.ts"
import { kinds, scripts } from "./Scripted.ts"
import { simulate } from "./Simulation.ts"

const titles = {
  fault: "a fault at each call of the store breaks no invariant",
  pair: "two faults at once break no invariant",
  moment: "a machine that is lost at any moment breaks no invariant"
} as const

describe.each([["fault"], ["pair"], ["moment"]] as const)("%s", (kind) => {
  it.each(Object.keys(scripts))(
    `${titles[kind]}, of %s`,
    (script) => {
      const scenarios = kinds[kind](script)
      assert.isAbove(scenarios.length, 20)
      for (const scenario of scenarios) {
        const history = simulate(scenario)
        const breaches = check(history)
        if (breaches.length > 0) assert.fail(report(scenario, history, breaches))
      }
    },
    120_000
  )
})
