import type { RunnerSettings } from "@deploys/core"
import { drawFaults, type Fault } from "./Faults.ts"
import { Dice } from "./machine/Dice.ts"
import type { Manner } from "./world/SimulatedTarget.ts"

/** What somebody asks of the engine, and when. */
export type Ask =
  | { readonly at: number; readonly what: "create"; readonly build: number }
  /** `nth` counts the deploys that there are by then, from the newest. */
  | { readonly at: number; readonly what: "cancel"; readonly nth: number }

/** Everything that decides a run: two runs of the same scenario are the same. */
export interface Scenario {
  readonly seed: string
  readonly machines: number
  readonly settings: Partial<RunnerSettings>
  readonly asks: ReadonlyArray<Ask>
  readonly faults: ReadonlyArray<Fault>
  /** When the faults end and everything must come to its end. */
  readonly quietAt: number
  /** Share of hints that are lost. */
  readonly hintsLost: number
  /** Whether somebody reads the feed of the first deploy. */
  readonly read: boolean
  readonly manner: Manner
}

const lease = 5000
const quietAt = 8000

/** Settings in which a lease lasts about as long as a deploy. */
export const settings: Partial<RunnerSettings> = {
  lease,
  renewEvery: 1500,
  pollEvery: 2000,
  deployTimeout: "40 seconds",
  maxStarts: 3,
  maxRunning: 2
}

/** How often a step is slow, up to over its time limit. */
const slowness: Readonly<Record<string, number>> = { stage: 0.05, activate: 0.2, verify: 0.05 }

const manner: Manner = {
  millis: (dice, step) => {
    const isSlow = dice.chance(slowness[step] ?? 0)
    return [isSlow ? dice.between(1500, 6000) : dice.between(20, 700), dice.between(0, 200)]
  },
  failure: (dice) => {
    const drawn = dice.nextDoubleUnsafe()
    return drawn < 0.04 ? "before" : drawn < 0.08 ? "behind" : drawn < 0.09 ? "final" : "none"
  },
  undoFails: (dice) => dice.chance(0.08)
}

const drawAsks = (dice: Dice): ReadonlyArray<Ask> => [
  ...Array.from({ length: dice.pick(1, 2, 2, 3, 4) }, () => ({
    at: dice.between(0, 3000),
    what: "create" as const,
    build: dice.pick(0, 0, 1, 2)
  })),
  ...Array.from({ length: dice.between(0, 3) }, () => ({
    at: dice.between(200, 5000),
    what: "cancel" as const,
    nth: dice.between(0, 3)
  }))
]

/** The scenario of a seed. */
export const scenarioOf = (seed: number): Scenario => {
  const dice = new Dice(`seed ${seed}`)
  const machines = dice.pick(2, 2, 3)
  return {
    seed: String(seed),
    machines,
    settings: {
      ...settings,
      grace: dice.pick(0, 3000),
      maxRunningPerWorkspace: dice.about("places").pick(1, Infinity)
    },
    asks: drawAsks(dice.about("asks")),
    faults: drawFaults(dice.about("faults"), { lease, machines, until: quietAt }),
    quietAt,
    hintsLost: dice.pick(0, 0, 0.3, 1),
    read: dice.chance(0.25),
    manner
  }
}
