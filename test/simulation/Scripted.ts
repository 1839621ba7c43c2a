import type { QueuePolicy } from "@deploys/core"
import { type CallFault, callFaults, type Fault, type Operation, operations } from "./Faults.ts"
import { Dice } from "./machine/Dice.ts"
import { type Ask, type Scenario, settings } from "./Scenario.ts"
import { simulate } from "./Simulation.ts"
import type { Manner, PlanVersion } from "./world/SimulatedTarget.ts"

/** A run of two machines without any chance. */
interface Script {
  readonly asks: ReadonlyArray<Ask>
  readonly policy?: QueuePolicy
  readonly version?: PlanVersion
  readonly upgrade?: NonNullable<Scenario["upgrade"]>
  readonly manner?: Partial<Manner>
  readonly faults?: ReadonlyArray<Fault>
}

const manner: Manner = {
  millis: (_, step) => (step === "activate" ? [3400, 200] : [150, 50]),
  failure: () => "none",
  undoFails: () => false,
  kills: () => false
}

const create = (at: number): Ask => ({ at, what: "create", build: 0 })
const event = (at: number, nth: number): Ask => ({ at, what: "event", build: 0, event: nth })
const cancel = (at: number): Ask => ({ at, what: "cancel", nth: 0 })
const rollback = (at: number): Ask => ({ at, what: "rollback", nth: 0, key: "back" })

/** Staging, a slow step that can't be stopped, and a check: the cancels come in the middle of each. */
export const scripts: Readonly<Record<string, Script>> = {
  "a deploy": { asks: [create(100)] },
  "a deploy and the next": { asks: [create(100), create(1500)] },
  "a deploy that is cancelled while it stages": { asks: [create(100), cancel(260)] },
  "a deploy that is cancelled while it goes live": { asks: [create(100), cancel(900)] },
  "a deploy that is cancelled while it is checked": { asks: [create(100), cancel(4200)] },
  "a cancel on top of a live deploy": { asks: [create(100), create(3000), cancel(5200)] },
  "a deploy whose undoing fails": {
    asks: [create(100), cancel(900)],
    manner: { undoFails: (_, step) => step === "activate" }
  },
  "a deploy that is replaced while it uploads": {
    asks: [create(100), create(600)],
    policy: "replace",
    version: "with upload",
    manner: { millis: (_, step) => (step === "upload" ? [900, 100] : [150, 50]) }
  },
  "a rollback and what it holds": {
    asks: [
      create(100),
      rollback(900),
      event(1000, 1),
      event(1100, 1),
      event(1300, 2),
      { at: 2500, what: "release", build: 0 }
    ],
    policy: "latest",
    manner: { millis: () => [150, 50] }
  },
  "a deploy whose plan changes": {
    asks: [create(100)],
    version: "with upload",
    upgrade: { at: 700, version: "plain" },
    faults: [
      { at: 800, machine: 0, what: "stop", millis: 0 },
      { at: 1500, machine: 1, what: "stop", millis: 0 }
    ]
  }
}

const scripted = (name: string, script: string, faults: ReadonlyArray<Fault> = []): Scenario => {
  const { asks, policy = "queue", upgrade, version = "plain", ...given } = scripts[script] ?? { asks: [] }
  return {
    name,
    machines: 2,
    settings,
    policies: [policy],
    version,
    ...(upgrade === undefined ? {} : { upgrade }),
    asks,
    faults: [...(given.faults ?? []), ...faults],
    quietAt: 12_000,
    hintsLost: 0,
    read: false,
    manner: { ...manner, ...given.manner }
  }
}

/** How long a fault lasts: past the lease where it is to outlast it. */
const millisOf = (what: (typeof callFaults)[number]): number =>
  what === "request late" || what === "answer late" || what === "frozen behind" ? 6500 : what.includes("done") ? 700 : 0

const faultsOf = (op: Operation, nth: number): ReadonlyArray<CallFault> =>
  callFaults.map((what) => ({ op, nth, what, millis: millisOf(what) }))

/** The calls that the script makes while there is something to do. */
const callsOf = (script: string): ReadonlyArray<readonly [op: Operation, nth: number]> => {
  const counts = new Map<Operation, number>()
  simulate(scripted("calls", script), {
    onCall: (op, isAnyOpen) => {
      if (isAnyOpen || op === "insert") counts.set(op, (counts.get(op) ?? 0) + 1)
    }
  })
  return operations.flatMap((op) => Array.from({ length: counts.get(op) ?? 0 }, (_, index) => [op, index + 1] as const))
}

const named = (kind: string, script: string, faults: ReadonlyArray<ReadonlyArray<Fault>>): ReadonlyArray<Scenario> =>
  faults.map((each, index) => scripted(`${kind} ${index} of ${script}`, script, each))

/** The script with each fault at each of its calls, one at a time. */
export const faultAtEachCall = (script: string): ReadonlyArray<Scenario> =>
  named(
    "fault",
    script,
    callsOf(script).flatMap(([op, nth]) => faultsOf(op, nth).map((fault) => [fault]))
  )

/** The script with two faults: at each of its calls in turn, and at another that chance picks. */
export const pairAtEachCall = (script: string): ReadonlyArray<Scenario> => {
  const dice = new Dice(`pairs of ${script}`)
  const [first, ...others] = callsOf(script)
  if (first === undefined) return []
  const fault = ([op, nth]: typeof first): Fault => {
    const what = dice.pick(...callFaults)
    return { op, nth, what, millis: millisOf(what) }
  }
  const calls = [first, ...others]
  return named(
    "pair",
    script,
    [...calls, ...calls].map((call) => [fault(call), fault(dice.pick(first, ...others))])
  )
}

/** The script with a machine that dies, stops or stands still past its lease, one at a time, every 600 ms. */
export const faultAtEachMoment = (script: string): ReadonlyArray<Scenario> =>
  named(
    "moment",
    script,
    Array.from({ length: 9 }, (_, index) => 50 + index * 600).flatMap((at) =>
      [0, 1].flatMap((machine) =>
        (["kill", "stop", "freeze"] as const).map((what): ReadonlyArray<Fault> => {
          return [{ at, machine, what, millis: what === "freeze" ? 6500 : 0 }]
        })
      )
    )
  )

/** All scenarios of a script, by kind. */
export const kinds = { fault: faultAtEachCall, pair: pairAtEachCall, moment: faultAtEachMoment } as const

/** The scenario of this name. */
export const scriptedNamed = (name: string): Scenario | undefined => {
  const script = Object.keys(scripts).find((each) => name.endsWith(` of ${each}`))
  const kind = (["fault", "pair", "moment"] as const).find((each) => name.startsWith(`${each} `))
  if (script === undefined || kind === undefined) return undefined
  return kinds[kind](script).find((scenario) => scenario.name === name)
}
