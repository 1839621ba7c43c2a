import { describeFault } from "./Faults.ts"
import type { Call, History, TargetEffect } from "./History.ts"
import type { Breach } from "./invariants/check.ts"
import type { Scenario } from "./Scenario.ts"

const short = (id: string) => `…${id.slice(-6)}`

const describeMoves = (call: Call & { readonly op: "move" }): string => {
  const moves = call.request.moves.map((move) =>
    "step" in move && typeof move.step === "object" && move.step !== null
      ? `${move._tag}(${move.step.name})`
      : move._tag
  )
  return `${moves.join(" + ")}, epoch ${call.request.epoch}: ${call.answer._tag}`
}

const describeCall = (call: Call): string => {
  if (call.op === "renew")
    return `renew ${call.request.leases.map(({ deployId, epoch }) => `${short(deployId)}@${epoch}`).join(" ")}: ${call.answer.length} hold`
  if (call.op === "release")
    return `release ${call.request.map(({ deployId, epoch }) => `${short(deployId)}@${epoch}`).join(" ")}`
  if (call.op === "releaseHold") return `release the hold of ${call.request}`
  const about = `${call.op} ${short(call.deployId)}`
  if (call.op === "move") return `${about} ${describeMoves(call)}`
  if (call.op === "supersede") return `${about}: ${call.row?.deploy.failureCode}`
  if (call.op === "claim") return `${about}: ${call.answer === null ? "none" : `epoch ${call.answer.epoch}`}`
  if (call.op === "cancel") return `${about}: ${call.answer === null ? "refused" : "cancelled"}`
  const { queuePolicy, hold } = call.options
  const how = `${call.answer.trigger}, ${queuePolicy}${hold === undefined ? "" : ", hold"}`
  return `${about} of ${call.answer.entityId} (${how}), number ${call.answer.sequenceNumber}`
}

const describeEffect = ({ attempt, deployId, live, step, what }: TargetEffect): string =>
  `${step} ${short(deployId)} attempt ${attempt} ${what}; live is ${live === null ? "nothing" : short(live)}`

/** The calls and effects of a history in order, a line each. */
export const describeHistory = ({ calls, effects }: History): ReadonlyArray<string> =>
  [...calls, ...effects]
    .toSorted((one, other) => one.order - other.order)
    .map((entry) => {
      const says = "op" in entry ? describeCall(entry) : describeEffect(entry)
      const lost = "op" in entry && entry.answered === null ? " (never answered)" : ""
      return `${String(entry.at).padStart(7)} ms  ${entry.machine.padEnd(5)} ${says}${lost}`
    })

/** What is needed to understand a failing run and to see it again. */
export const report = (scenario: Scenario, history: History, breaches: ReadonlyArray<Breach>): string =>
  [
    `SEED="${scenario.name}": run it again by`,
    `  SEED="${scenario.name}" npm test -- test/simulation/seeds`,
    "broken:",
    ...breaches.map(({ number, says }) => `  ${number}. ${says}`),
    `faults (${scenario.faults.length}):`,
    ...scenario.faults.map((fault) => `  ${describeFault(fault)}`),
    `asked: ${scenario.asks.map((ask) => `${ask.what} at ${ask.at}`).join(", ")}`,
    "the last 50 calls and effects:",
    ...describeHistory(history).slice(-50)
  ].join("\n")
