import { isFinal } from "@deploys/core"
import type { Call, DeployCall, History } from "./History.ts"
import { cancelOf, type Trail, trailOf } from "./invariants/Invariant.ts"
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
  return call.op === "release" || call.wrote.length > 0 || (call.op === "claim" && call.answer !== null)
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

const feedMoved: Goal = [
  "a reader of a feed connected anew to another machine",
  ({ readings }) => readings.some(({ connections }) => connections > 1)
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
  ...["pending", "stage", "activate", "verify"].map(cancelIn),
  cancelOfClaimed,
  cancelBehindLastStep,
  cancelOfOver,
  ...(["insert", "claim", "move", "cancel", "renew", "release"] as const).map(answerLost),
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
  failedWith("timed_out"),
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
