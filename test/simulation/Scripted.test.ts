import { assert, describe, it } from "@effect/vitest"
import { check } from "./invariants/check.ts"
import { report } from "./Report.ts"
import type { Scenario } from "./Scenario.ts"
import { faultAtEachCall, faultAtEachMoment, scripts } from "./Scripted.ts"
import { simulate } from "./Simulation.ts"

const keepAll = (scenarios: ReadonlyArray<Scenario>) => {
  assert.isAbove(scenarios.length, 100)
  for (const scenario of scenarios) {
    const history = simulate(scenario)
    const breaches = check(history)
    if (breaches.length > 0) assert.fail(report(scenario, history, breaches))
  }
}

describe("a fault at each call of the store breaks no invariant", () => {
  it.each([...scripts])("of %s", (_, asks) => keepAll(faultAtEachCall(asks)), 120_000)
})

describe("a machine that is lost at any moment breaks no invariant", () => {
  it.each([...scripts])("of %s", (_, asks) => keepAll(faultAtEachMoment(asks)), 120_000)
})
