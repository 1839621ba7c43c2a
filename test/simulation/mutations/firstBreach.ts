import { check } from "../invariants/check.ts"
import { scenarioOf } from "../Scenario.ts"
import { simulate } from "../Simulation.ts"

/** Prints the first of so many seeds that breaks an invariant, and which it breaks; nothing when none does. */
const seeds = Number(process.argv[2])
for (let seed = 1; seed <= seeds; seed++) {
  const numbers = new Set(check(simulate(scenarioOf(seed))).map(({ number }) => number))
  if (numbers.size === 0) continue
  process.stdout.write(`seed ${seed}, invariants ${[...numbers].join(", ")}\n`)
  break
}
