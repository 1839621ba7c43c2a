import type { QueuePolicy, RunnerSettings } from "@deploys/core"
import { drawFaults, type Fault } from "./Faults.ts"
import { Dice } from "./machine/Dice.ts"
import type { Manner, PlanVersion } from "./world/SimulatedTarget.ts"

/** What somebody asks of the engine, and when. */
export type Ask = { readonly at: number } &
  /** With a key it may be asked `twice` at once, of two machines. */
  (
    | { readonly what: "create"; readonly build: number; readonly key?: string; readonly twice?: boolean }
    /** Because of the so-manieth source event. */
    | { readonly what: "event"; readonly build: number; readonly event: number }
    /** `nth` counts the deploys that there are by then, from the newest; of a rollback those that have completed. */
    | { readonly what: "rollback"; readonly nth: number; readonly key?: string; readonly twice?: boolean }
    | { readonly what: "cancel"; readonly nth: number }
    | { readonly what: "release"; readonly build: number }
  )

/** Everything that decides a run: two runs of the same scenario are the same. */
export interface Scenario {
  /** By which the scenario is made anew. */
  readonly name: string
  readonly machines: number
  readonly settings: Partial<RunnerSettings>
  /** The queue policy of each app. */
  readonly policies: ReadonlyArray<QueuePolicy>
  /** The version of the host at first, and the one that machines start with from a time on. */
  readonly version: PlanVersion
  readonly upgrade?: { readonly at: number; readonly version: PlanVersion }
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

/** `trouble` is the share of deploys' steps whose undoing fails for good, and of those that take their process down. */
const mannerOf = (trouble: { readonly undo: number; readonly kill: number }): Manner => ({
  millis: (dice, step) => {
    const isSlow = dice.chance(slowness[step] ?? 0)
    const before = isSlow ? dice.between(1500, dice.chance(0.1) ? 26_000 : 6000) : dice.between(20, 700)
    return [before, dice.between(0, 200)]
  },
  failure: (dice) => {
    const drawn = dice.nextDoubleUnsafe()
    return drawn < 0.04 ? "before" : drawn < 0.08 ? "behind" : drawn < 0.09 ? "final" : "none"
  },
  undoFails: (dice, _, lasting) => dice.chance(0.08) || lasting.chance(trouble.undo),
  kills: (lasting) => lasting.chance(trouble.kill)
})

type Drawn<What extends Ask["what"]> = Omit<Extract<Ask, { readonly what: What }>, "at" | "what">

const keyOf = (dice: Dice) => (dice.chance(0.3) ? { key: dice.pick("k1", "k2"), twice: dice.chance(0.4) } : {})

const draw = {
  create: (dice: Dice, build: number): Drawn<"create"> => ({ build, ...keyOf(dice) }),
  event: (dice: Dice, build: number): Drawn<"event"> => ({ build, event: dice.between(1, 3) }),
  rollback: (dice: Dice): Drawn<"rollback"> => ({ nth: dice.between(0, 3), ...keyOf(dice) }),
  cancel: (dice: Dice): Drawn<"cancel"> => ({ nth: dice.between(0, 3) }),
  release: (_: Dice, build: number): Drawn<"release"> => ({ build })
}

const drawAsk = (dice: Dice, what: Ask["what"], at: number, build: number): Ask => {
  if (what === "create") return { at, what, ...draw.create(dice, build) }
  if (what === "event") return { at, what, ...draw.event(dice, build) }
  if (what === "rollback") return { at, what, ...draw.rollback(dice) }
  return what === "cancel" ? { at, what, ...draw.cancel(dice) } : { at, what, ...draw.release(dice, build) }
}

const times = <A>(count: number, make: () => A) => Array.from({ length: count }, make)

/** Some deploys and cancels, apart. */
const drawFew = (dice: Dice): ReadonlyArray<Ask> => [
  ...times(dice.pick(1, 2, 2, 3, 4), () =>
    drawAsk(dice, dice.pick("create", "create", "event"), dice.between(0, 3000), dice.pick(0, 0, 1, 2))
  ),
  ...times(dice.between(0, 3), () => drawAsk(dice, "cancel", dice.between(200, 5000), 0))
]

/** A deploy that is live, a way back to it, and automatic deploys that wait, until somebody perhaps releases them. */
const drawHold = (dice: Dice): ReadonlyArray<Ask> => {
  const event = () => drawAsk(dice, "event", dice.between(500, 6500), 0)
  return [
    { at: 50, what: "create", build: 0 },
    ...times(dice.between(1, 2), () => drawAsk(dice, "rollback", dice.between(1500, 4500), 0)),
    ...times(dice.between(1, 3), event),
    ...times(dice.pick(0, 1, 1, 2), () => drawAsk(dice, "create", dice.between(2000, 6500), 0)),
    ...times(dice.between(0, 1), () => drawAsk(dice, "cancel", dice.between(1500, 6000), 0)),
    ...times(dice.pick(0, 0, 1, 2), () => drawAsk(dice, "release", dice.between(2500, 7500), 0))
  ]
}

/** Many of all kinds within two seconds, most of them about one app. */
const drawStorm = (dice: Dice): ReadonlyArray<Ask> => {
  const from = dice.between(0, 2500)
  return times(dice.between(8, 14), () => {
    const what = dice.pick("create", "create", "event", "event", "cancel", "cancel", "cancel", "rollback", "release")
    return drawAsk(dice, what, from + dice.between(0, 2000), dice.pick(0, 0, 0, 0, 0, 1))
  })
}

/** The host in a new version, machine by machine. */
const upgradeOf = (dice: Dice, machines: number) => {
  const at = dice.between(300, 3000)
  const stops = Array.from({ length: machines }, (_, machine): Fault => {
    return { at: at + machine * 400, machine, what: dice.pick("stop", "stop", "kill"), millis: 0 }
  })
  const version = dice.pick<PlanVersion>("plain", "with upload", "with another check")
  return { upgrade: { at, version }, stops }
}

/** The scenario of a seed. */
export const scenarioOf = (seed: number): Scenario => {
  const dice = new Dice(`seed ${seed}`)
  const machines = dice.pick(2, 2, 3)
  const policy = () => dice.pick<QueuePolicy>("queue", "queue", "latest", "replace")
  const about = dice.about("asks")
  const change = dice.chance(0.1) ? upgradeOf(dice.about("upgrade"), machines) : null
  return {
    name: String(seed),
    machines,
    settings: {
      ...settings,
      grace: dice.pick(0, 3000),
      deployTimeout: dice.pick("40 seconds", "40 seconds", "5 seconds"),
      maxStarts: dice.pick(3, 5),
      maxRunningPerWorkspace: dice.about("places").pick(1, Infinity)
    },
    policies: [policy(), policy(), policy()],
    version: dice.pick("plain", "plain", "with upload"),
    ...(change === null ? {} : { upgrade: change.upgrade }),
    asks: dice.pick(drawFew, drawFew, drawHold, drawStorm)(about),
    faults: [...drawFaults(dice.about("faults"), { lease, machines, until: quietAt }), ...(change?.stops ?? [])],
    quietAt,
    hintsLost: dice.pick(0, 0, 0.3, 1),
    read: dice.chance(0.25),
    manner: mannerOf({ undo: dice.pick(0, 0, 0.3), kill: dice.pick(0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1) })
  }
}
