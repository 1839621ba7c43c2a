import type { Fault } from "./Faults.ts"
import { callFaults, type Operation, operations } from "./Faults.ts"
import { type Ask, type Scenario, settings } from "./Scenario.ts"
import { simulate } from "./Simulation.ts"

/** One deploy on two machines without any chance: staging, a slow step that can't be stopped, and a check. */
const scripted = (asks: ReadonlyArray<Ask>, faults: ReadonlyArray<Fault> = []): Scenario => ({
  seed: "scripted",
  machines: 2,
  settings,
  asks,
  faults,
  quietAt: 12_000,
  hintsLost: 0,
  read: false,
  manner: {
    millis: (_, step) => (step === "activate" ? [3400, 200] : [150, 50]),
    failure: () => "none",
    undoFails: () => false
  }
})

const create: Ask = { at: 100, what: "create", build: 0 }
const cancelAt = (at: number): Ask => ({ at, what: "cancel", nth: 0 })

/** What is asked for in the scripts, by name; the cancels come in the middle of each step. */
export const scripts: ReadonlyMap<string, ReadonlyArray<Ask>> = new Map([
  ["a deploy", [create]],
  ["a deploy and the next", [create, { at: 1500, what: "create", build: 0 }]],
  ["a deploy that is cancelled while it stages", [create, cancelAt(260)]],
  ["a deploy that is cancelled while it goes live", [create, cancelAt(900)]],
  ["a deploy that is cancelled while it is checked", [create, cancelAt(4200)]],
  ["a cancel on top of a live deploy", [create, { at: 3000, what: "create", build: 0 }, cancelAt(5200)]]
])

/** How long a fault lasts: past the lease where it is to outlast it. */
const millisOf = (what: (typeof callFaults)[number]): number =>
  what === "request late" || what === "answer late" || what === "frozen behind" ? 6500 : what.includes("done") ? 700 : 0

/** The script with each fault at each of its calls, one at a time. */
export const faultAtEachCall = (asks: ReadonlyArray<Ask>): ReadonlyArray<Scenario> => {
  const counts = new Map<Operation, number>()
  simulate(scripted(asks), {
    onCall: (op, isAnyOpen) => {
      if (isAnyOpen || op === "insert") counts.set(op, (counts.get(op) ?? 0) + 1)
    }
  })
  return operations.flatMap((op) =>
    Array.from({ length: counts.get(op) ?? 0 }, (_, index) =>
      callFaults.map((what) => scripted(asks, [{ op, nth: index + 1, what, millis: millisOf(what) }]))
    ).flat()
  )
}
