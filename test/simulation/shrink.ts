import type { Fault } from "./Faults.ts"
import { type Breach, check } from "./invariants/check.ts"
import { report } from "./Report.ts"
import type { Scenario } from "./Scenario.ts"
import { simulate } from "./Simulation.ts"

const without = (faults: ReadonlyArray<Fault>, from: number, count: number) => [
  ...faults.slice(0, from),
  ...faults.slice(from + count)
]

/** The scenario with as few of its faults as halving finds that it takes to break the same invariant. */
export const shrink = (scenario: Scenario, { number }: Breach): Scenario => {
  const breaks = (faults: ReadonlyArray<Fault>) =>
    check(simulate({ ...scenario, faults })).some((breach) => breach.number === number)
  let { faults } = scenario
  for (let size = Math.ceil(faults.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < faults.length;) {
      const fewer = without(faults, from, size)
      if (breaks(fewer)) faults = fewer
      else from += size
    }
  }
  return { ...scenario, faults }
}

/** Runs a scenario; when it breaks an invariant, answers with all that is needed to understand why. */
export const explain = (scenario: Scenario): string | null => {
  const [breach] = check(simulate(scenario))
  if (breach === undefined) return null
  const least = shrink(scenario, breach)
  const history = simulate(least)
  return report(least, history, check(history))
}
