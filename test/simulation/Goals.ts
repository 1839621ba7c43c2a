import { isFinal } from "@deploys/core"
import type { Call, DeployCall, History } from "./History.ts"
import { cancelOf, isDeployCall, type Trail, trailOf } from "./invariants/Invariant.ts"
import { Lanes } from "./invariants/Lanes.ts"
import { Ownership } from "./invariants/Ownership.ts"
import { straysOf } from "./invariants/target.ts"

/** What must have happened in some run, or the runs have not tried what they are for. */
export type Goal = readonly [name: string, reached: (trail: Trail) => boolean]

const before = (calls: ReadonlyArray<DeployCall>, order: number) => calls.findLast((call) => call.order < order)

/** In which state the cancel of a deploy met it. */
const cancelMet = (calls: ReadonlyArray<DeployCall>): string | undefined => {
  const cancel = cancelOf(calls)
  if (cancel === undefined) return undefined
  const row = before(calls, cancel.order)?.row
  if (row?.deploy.status !== "running") return row?.deploy.status
  const atWork = row.steps.find(({ status }) => status === "running")
  return atWork?.name ?? "between steps"
}

const cancelIn = (state: string): Goal => [
  `a cancel met a deploy: ${state}`,
  ({ byDeploy }) => [...byDeploy.values()].some((calls) => cancelMet(calls) === state)
]

/** A claim starts the first step, which begins once the claim is answered. */
const cancelOfClaimed: Goal = [
  "a cancel met a deploy that was claimed and had not begun",
  ({ byDeploy, effects }) =>
    [...byDeploy].some(([id, calls]) => {
      const cancel = cancelOf(calls)
      if (cancel === undefined || before(calls, cancel.order)?.row?.deploy.status !== "running") return false
      return !effects.some((effect) => effect.deployId === id && effect.order < cancel.order)
    })
]

/** The last step had returned, and the write that says so came behind the cancel. */
const cancelBehindLastStep: Goal = [
  "a cancel came between the end of the last step and its write",
  ({ byDeploy, effects }) =>
    [...byDeploy].some(([id, calls]) => {
      const cancel = cancelOf(calls)
      const ended = effects.findLast((effect) => effect.deployId === id && effect.what === "ended")
      return cancel !== undefined && ended?.step === "verify" && ended.order < cancel.order
    })
]

const cancelOfOver: Goal = [
  "a cancel met a deploy that was over",
  ({ byDeploy }) =>
    [...byDeploy.values()].some((calls) =>
      calls.some(
        (call) => call.op === "cancel" && call.answer === null && call.row !== null && isFinal(call.row.deploy.status)
      )
    )
]

const changed = (call: Call): boolean => {
  if (call.op === "renew") return call.answer.length > 0
  if (call.op === "release" || call.op === "releaseHold") return true
  return call.wrote.length > 0 || (call.op === "claim" && call.answer !== null)
}

const answerLost = (op: Call["op"]): Goal => [
  `the answer was lost of a ${op} that had landed`,
  ({ calls }) => calls.some((call) => call.op === op && call.answered === null && changed(call))
]

/** A lease that had run out was taken over in this state of the deploy. */
const takenOver = ({ calls }: Trail, suits: (call: DeployCall & { readonly op: "claim" }) => boolean): boolean => {
  const ownership = new Ownership()
  return calls.some((call) => {
    const lease = "deployId" in call ? ownership.of(call.deployId).lease : null
    ownership.follow(call)
    const taken = call.op === "claim" && call.answer !== null && lease !== null && lease.owner !== call.request.owner
    return taken && suits(call)
  })
}

const stolenAtWork: Goal = [
  "a lease was taken over while a step was at work",
  (trail) =>
    takenOver(
      trail,
      ({ row }) => row?.deploy.status === "running" && row.steps.some(({ status }) => status === "running")
    )
]

const stolenSettling: Goal = [
  "a lease was taken over while a deploy settled",
  (trail) => takenOver(trail, ({ row }) => row?.deploy.status === "failed")
]

const zombieRefused: Goal = [
  "a write under an old epoch was refused",
  ({ calls }) => calls.some((call) => call.op === "move" && call.answer._tag === "Fenced")
]

const createsRace: Goal = [
  "two creates raced on one entity",
  ({ calls }) => {
    const inserts = calls.filter((call) => call.op === "insert")
    return inserts.some((one) =>
      inserts.some(
        (other) =>
          one.machine !== other.machine &&
          one.answer.entityId === other.answer.entityId &&
          one.order < other.order &&
          (one.answered ?? Infinity) > other.order
      )
    )
  }
]

const claims = (calls: ReadonlyArray<DeployCall> | undefined) =>
  (calls ?? []).filter((call) => call.op === "claim" && call.answer !== null)

const feedMoved: Goal = [
  "a reader of a feed connected anew, and the deploy was taken over",
  ({ byDeploy, readings }) =>
    readings.some(
      ({ connections, deployId }) =>
        connections > 1 && new Set(claims(byDeploy.get(deployId)).map(({ machine }) => machine)).size > 1
    )
]

/** A deploy was put out of place in this state. */
const superseded = (state: string): Goal => [
  `a newer deploy took the place of one that was ${state}`,
  ({ byDeploy }) =>
    [...byDeploy.values()].some((calls) => {
      const end = calls.find(({ op }) => op === "supersede")
      return end !== undefined && before(calls, end.order)?.row?.deploy.status === state
    })
]

const supersededBy = (cause: "insert" | "move"): Goal => [
  `a deploy was superseded by ${cause === "insert" ? "the creation" : "the completion"} of another`,
  ({ calls }) => calls.some((call, index) => call.op === "supersede" && causeOf(calls, index)?.op === cause)
]

const causeOf = (calls: ReadonlyArray<Call>, index: number) =>
  calls.slice(0, index).findLast(({ op }) => op !== "supersede")

/** Between its deploy's start and end a hold was put on the entity, or one was there already. */
const holdOf = (
  calls: ReadonlyArray<Call>,
  what: "put" | "released by a person" | "released by a completion"
): boolean => {
  const lanes = new Lanes()
  return calls.some((call) => {
    const entityId =
      call.op === "releaseHold" ? call.request : isDeployCall(call) ? call.row?.deploy.entityId : undefined
    const earlier = entityId === undefined ? null : lanes.of(entityId).hold
    lanes.follow(call)
    const later = entityId === undefined ? null : lanes.of(entityId).hold
    if (what === "put") return earlier === null && later !== null
    const released = earlier !== null && later === null
    return released && (call.op === "releaseHold") === (what === "released by a person")
  })
}

const hold = (what: Parameters<typeof holdOf>[1]): Goal => [`a hold was ${what}`, ({ calls }) => holdOf(calls, what)]

const heldWaits: Goal = [
  "an automatic deploy waited for a hold to the end",
  ({ waiting }) => [...waiting.values()].some((each) => each.for === "hold")
]

/** A later deploy began while an automatic one waited for the release of a hold. */
const heldPassed: Goal = [
  "a deploy passed one that was held",
  ({ calls }) => {
    const lanes = new Lanes()
    return calls.some((call) => {
      lanes.follow(call)
      if (call.op !== "claim" || call.row === null || !call.wrote.some(({ type }) => type === "deploy.running"))
        return false
      const { entityId, sequenceNumber } = call.row.deploy
      return lanes.of(entityId).pending.some(({ number }) => number < sequenceNumber)
    })
  }
]

const heldRan: Goal = [
  "an automatic deploy that was held completed",
  ({ calls, rows }) => {
    const lanes = new Lanes()
    const held = new Set<string>()
    for (const call of calls) {
      lanes.follow(call)
      if (!isDeployCall(call) || call.row === null) continue
      const lane = lanes.of(call.row.deploy.entityId)
      for (const { id, trigger } of lane.pending) if (lane.hold !== null && trigger === "auto") held.add(id)
    }
    return rows.some(({ record }) => record.deploy.status === "completed" && held.has(record.deploy.id))
  }
]

/** Asked for twice in the same words, and answered with one deploy. */
const replayed = (what: "event" | "create" | "rollback"): Goal => [
  `asking again for ${what === "event" ? "the deploy of an event" : `a ${what} under its key`} made no other`,
  ({ asked }) => {
    const ids = asked.flatMap((ask) =>
      ask.what === what && (ask.key !== null || what === "event") ? (ask.deployId ?? []) : []
    )
    return new Set(ids).size < ids.length
  }
]

const refused = (tag: string): Goal => [
  `somebody was told ${tag}`,
  ({ asked }) => asked.some((ask) => ask.what !== "cancel" && ask.refused === tag)
]

/** A machine gave a deploy back between two steps, and another went on. */
const handedOver: Goal = [
  "a deploy was given back while it ran, and went on elsewhere",
  ({ byDeploy, calls }) =>
    calls.some((call) => {
      if (call.op !== "release") return false
      return call.request.some(({ deployId }) => {
        const next = claims(byDeploy.get(deployId)).find(({ order }) => order > call.order)
        return next !== undefined && next.machine !== call.machine && next.row?.deploy.status === "running"
      })
    })
]

const saying = (type: string, text: string): Goal => [
  `a ${type} said "${text}"`,
  ({ rows }) =>
    rows.some(({ events }) =>
      events.some((event) => event.type === type && "error" in event.data && event.data.error?.includes(text) === true)
    )
]

const undoneLater: Goal = [
  "undoing a step failed, and then did not",
  ({ effects, rows }) =>
    rows.some(
      ({ record }) =>
        effects.some(({ deployId, what }) => what === "undo failed" && deployId === record.deploy.id) &&
        record.steps.some(({ compensated }) => compensated === "discarded" || compensated === "reverted")
    )
]

const clockOff: Goal = [
  "a clock was off by minutes while a step was at work",
  ({ clocks, calls }) =>
    clocks.some(
      ({ at, machine, millis }) =>
        Math.abs(millis) > 60_000 &&
        calls.some(
          (call) =>
            call.op === "move" &&
            call.machine === machine &&
            call.at > at &&
            call.request.moves.some(({ _tag }) => _tag === "StepStarted") &&
            call.answer._tag === "Applied"
        )
    )
]

const lostStepKept: Goal = [
  "a deploy completed that had a finished step which its plan had lost",
  ({ rows, finalPlan }) =>
    rows.some(
      ({ record }) => record.deploy.status === "completed" && record.steps.some(({ name }) => !finalPlan.includes(name))
    )
]

const wrote = (type: string, suits: (data: object) => boolean = () => true): Goal => [
  `there was a ${type}`,
  ({ rows }) => rows.some(({ events }) => events.some((event) => event.type === type && suits(event.data)))
]

const failedWith = (code: string): Goal => [
  `a deploy failed as ${code}`,
  ({ rows }) => rows.some(({ record }) => record.deploy.failureCode === code)
]

const settledAs = (outcome: string): Goal => [
  `a deploy settled as ${outcome}`,
  ({ rows }) => rows.some(({ record }) => record.deploy.metadata["outcome"] === outcome)
]

const triesUsedUp: Goal = [
  "a step used up its tries",
  ({ attempts, rows }) =>
    rows.some(({ record }) =>
      record.steps.some((step) => step.status === "failed" && step.attempt === attempts.get(step.name))
    )
]

/** The machine that had gone live with a deploy was lost before it could write so. */
const crashAfterPromote: Goal = [
  "a machine died between going live and the write of it",
  ({ byDeploy, effects }) =>
    effects.some(({ attempt, deployId, machine, order, step, what }) => {
      if (step !== "activate" || what !== "landed") return false
      const next = byDeploy.get(deployId)?.find((call) => call.order > order && call.op !== "cancel")
      return next?.op === "claim" && next.answer !== null && next.machine !== machine && attempt > 0
    })
]

const gap: Goal = [
  "a step took effect after its lease had been taken over",
  (trail) => straysOf(trail).deploys.size > 0
]

/** All goals that apply to the engine as it is. */
export const goals: ReadonlyArray<Goal> = [
  ...["pending", "stage", "upload", "activate", "verify"].map(cancelIn),
  cancelOfClaimed,
  cancelBehindLastStep,
  cancelOfOver,
  ...(["insert", "claim", "move", "cancel", "renew", "release", "releaseHold"] as const).map(answerLost),
  stolenAtWork,
  stolenSettling,
  zombieRefused,
  createsRace,
  feedMoved,
  crashAfterPromote,
  gap,
  triesUsedUp,
  wrote("step.retrying"),
  wrote("step.discarded"),
  wrote("step.compensated"),
  ...["timed_out", "plan_changed", "superseded", "step_failed"].map(failedWith),
  ...["pending", "running"].map(superseded),
  ...(["insert", "move"] as const).map(supersededBy),
  ...(["put", "released by a person", "released by a completion"] as const).map(hold),
  heldWaits,
  heldPassed,
  heldRan,
  ...(["event", "create", "rollback"] as const).map(replayed),
  refused("IdempotencyKeyReused"),
  refused("DeployNotCompleted"),
  handedOver,
  saying("step.failed", "The step was started 5 times"),
  saying("step.compensated", "can't be undone"),
  saying("step.compensated", "still at work"),
  undoneLater,
  clockOff,
  lostStepKept,
  ...["discarded", "reverted", "unresolved"].map(settledAs)
]

/** Counts, over many runs, in how many each goal was reached. */
export class GoalCount {
  readonly #reached = new Map<string, number>(goals.map(([name]) => [name, 0]))

  add(history: History): void {
    const trail = trailOf(history)
    for (const [name, reached] of goals) if (reached(trail)) this.#reached.set(name, (this.#reached.get(name) ?? 0) + 1)
  }

  /** Goals that no run has reached. */
  get missed(): ReadonlyArray<string> {
    return [...this.#reached].flatMap(([name, count]) => (count === 0 ? [name] : []))
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#reached
  }
}
