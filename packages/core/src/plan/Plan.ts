import { Effect } from "effect"
import type { Step } from "./Step.ts"

/** The ordered steps that put one deploy live. The last one verifies: it fetches what is live and compares. */
export interface Plan {
  readonly steps: ReadonlyArray<Step<unknown>>
}

/** Makes a plan. One without a step, or with a name twice, is a defect of the target that made it. */
export const makePlan = (steps: ReadonlyArray<Step<unknown>>): Effect.Effect<Plan> => {
  if (steps.length === 0) return Effect.die(new Error("A plan needs at least one step"))
  const twice = steps.find((step, index) => steps.findIndex((other) => other.name === step.name) !== index)
  return twice === undefined
    ? Effect.succeed({ steps })
    : Effect.die(new Error(`A plan can't have two steps named ${twice.name}`))
}
