import type { Dice } from "./machine/Dice.ts"

/** The calls of a store that a fault can meet. */
export const operations = [
  "insert",
  "find",
  "claimable",
  "claim",
  "move",
  "renew",
  "release",
  "cancel",
  "releaseHold"
] as const
/** A call of a store. */
export type Operation = (typeof operations)[number]

/** What can happen to one call, and to the machine that makes it. */
export const callFaults = [
  /** The store never gets it; the caller is told of a `StoreError`. */
  "refused",
  /** The store does it; the caller is told of a `StoreError`. */
  "answer lost",
  /** It reaches the store so many milliseconds late. */
  "request late",
  /** The caller is told of a `StoreError`, and it reaches the store so many milliseconds later. */
  "given up, then done",
  /** The answer is so many milliseconds late. */
  "answer late",
  /** The store does it, and once more so many milliseconds later. */
  "done twice",
  /** The machine dies, and the call never reaches the store. */
  "killed before",
  /** The store does it, and the machine dies before it has the answer. */
  "killed behind",
  /** The machine stands still for so many milliseconds once the store has done it. */
  "frozen behind"
] as const

/** Something that goes wrong: with the n-th call of a kind, counted over all machines, or with a machine at a time. */
export type Fault =
  | {
      readonly op: Operation
      readonly nth: number
      readonly what: (typeof callFaults)[number]
      readonly millis: number
    }
  | {
      readonly at: number
      readonly machine: number
      /**
       * `stop` closes it in good order. `deaf` loses the store's hints, and `cut` every call, for so many milliseconds;
       * `clock` moves the wall clock by as many. `hasty` runs every deploy that is not over at once, whoever's turn it is:
       * what a dispatcher says is a hint.
       */
      readonly what: "kill" | "stop" | "freeze" | "deaf" | "cut" | "clock" | "hasty"
      readonly millis: number
    }

/** A fault of a call. */
export type CallFault = Extract<Fault, { readonly op: Operation }>
/** A fault of a machine. */
export type MachineFault = Exclude<Fault, CallFault>

/** A fault in a line. */
export const describeFault = (fault: Fault): string =>
  "op" in fault
    ? `${fault.op} ${fault.nth}: ${fault.what}${fault.millis === 0 ? "" : ` (${fault.millis} ms)`}`
    : `at ${fault.at} ms: ${fault.what} machine ${fault.machine}${fault.millis === 0 ? "" : ` (${fault.millis} ms)`}`

/** Each as often as it is tried: moves are what a run is made of. */
const targets: readonly [Operation, ...ReadonlyArray<Operation>] = [
  ...(["move", "move", "move", "move", "move", "move", "claim", "claim", "claim"] as const),
  ...(["renew", "renew", "cancel", "cancel", "find", "release", "insert", "insert", "claimable"] as const),
  "releaseHold"
]

/** How many calls of a kind a run makes, or thereabouts. */
const usual: Readonly<Record<Operation, number>> = {
  move: 25,
  claimable: 25,
  claim: 10,
  find: 10,
  renew: 8,
  insert: 4,
  cancel: 3,
  release: 3,
  releaseHold: 1
}

/** Of the time that it takes to lose a lease, or of any. */
const aWhile = (dice: Dice, lease: number) =>
  dice.chance(0.5) ? dice.between(lease, lease * 2) : dice.between(20, lease * 2)

const callFault = (dice: Dice, lease: number): CallFault => {
  const op = dice.pick(...targets)
  const what = dice.pick(...callFaults, "answer lost")
  const isTimed = what.includes("late") || what.includes("frozen") || what.includes("done")
  return { op, nth: dice.between(1, usual[op]), what, millis: isTimed ? aWhile(dice, lease) : 0 }
}

const machineFault = (dice: Dice, lease: number, machines: number, until: number): MachineFault => {
  const what = dice.pick("kill", "kill", "stop", "freeze", "freeze", "deaf", "cut", "clock", "clock", "hasty", "hasty")
  const isTimed = what === "freeze" || what === "deaf" || what === "cut"
  const millis =
    what === "clock"
      ? dice.pick(-3_600_000, 3_600_000, dice.between(-60_000, 60_000))
      : isTimed
        ? aWhile(dice, lease)
        : 0
  return { at: dice.between(0, until), machine: dice.between(0, machines - 1), what, millis }
}

/** Faults for one run. */
export const drawFaults = (
  dice: Dice,
  { lease, machines, until }: { readonly lease: number; readonly machines: number; readonly until: number }
): ReadonlyArray<Fault> => [
  ...Array.from({ length: dice.between(0, 8) }, () => callFault(dice, lease)),
  ...Array.from({ length: dice.between(0, 4) }, () => machineFault(dice, lease, machines, until))
]
