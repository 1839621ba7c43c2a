import { type Deploy, type DeployEvent, type DeployStatus, isFinal, legalMoves } from "@deploys/core"
import type { DeployCall, TargetEffect } from "../History.ts"
import { endFromOutside, type Invariant, isFinalEvent } from "./Invariant.ts"

/** A final status never changes. */
const finalStays: Invariant = {
  number: 1,
  *breaches({ byDeploy, rows }) {
    for (const [id, calls] of byDeploy) {
      let ended: Deploy | null = null
      for (const { op, row } of calls) {
        if (row === null) continue
        const { deploy } = row
        if (ended !== null && deploy.status !== ended.status)
          yield `${id} was ${ended.status} and is ${deploy.status} after a ${op}`
        if (isFinal(deploy.status)) ended = deploy
      }
    }
    for (const { events, record } of rows) {
      const end = events.findIndex(isFinalEvent)
      const later = events.slice(end + 1).find((event) => event.type === "deploy.running" || isFinalEvent(event))
      if (end >= 0 && later !== undefined) yield `${record.deploy.id}: ${later.type} follows the final event`
    }
  }
}

/** A cancelled deploy never becomes completed; the code says `cancelled` where a cancellation is kept; one end each. */
const cancelledOnce: Invariant = {
  number: 2,
  *breaches({ byDeploy, rows }) {
    for (const { events, record } of rows) {
      const { failureCode, id, metadata, status } = record.deploy
      if ("cancellation" in metadata !== (failureCode === "cancelled"))
        yield `${id}: the code is ${failureCode}, the cancellation ${JSON.stringify(metadata["cancellation"])}`
      const ends = events.filter(isFinalEvent).length
      if (ends !== (isFinal(status) ? 1 : 0)) yield `${id} is ${status} and has ${ends} final events`
    }
    for (const [id, calls] of byDeploy) {
      const cancelled = calls.find((call) => call.op === "cancel" && call.answer !== null)
      if (cancelled !== undefined && calls.at(-1)?.row?.deploy.status === "completed")
        yield `${id} was cancelled and is completed`
    }
  }
}

const workOfRuns: ReadonlySet<DeployEvent["type"]> = new Set([
  "deploy.running",
  "deploy.completed",
  "step.running",
  "step.retrying",
  "step.completed",
  "step.failed"
])

/** Once a cancel or a successor has ended a deploy, no step begins and no result of one is stored. */
const cancelEndsWork: Invariant = {
  number: 3,
  *breaches({ byDeploy }) {
    for (const [id, calls] of byDeploy) {
      const end = endFromOutside(calls)
      if (end === undefined) continue
      for (const { machine, order, wrote } of calls) {
        const work = order > end.order ? wrote.find(({ type }) => workOfRuns.has(type)) : undefined
        if (work !== undefined) yield `${id}: ${machine} wrote ${work.type} after its end by a ${end.op}`
      }
    }
  }
}

/** Whether the call stored that this attempt starts, and was answered so. */
const isStart = (call: DeployCall, { attempt, step }: TargetEffect): boolean => {
  if (call.op === "claim")
    return call.answer?.startedFirstStep === true && call.answer.steps[0]?.name === step && attempt === 1
  if (call.op !== "move" || call.answer._tag === "Fenced") return false
  return call.request.moves.some(
    (move) => move._tag === "StepStarted" && move.step.name === step && move.attempt === attempt
  )
}

/** An attempt begins only behind the answer that its start was stored for a running deploy, and each start allows one. */
const checkedBefore: Invariant = {
  number: 4,
  *breaches({ byDeploy, effects }) {
    const used = new Set<unknown>()
    for (const began of effects) {
      if (began.what !== "began") continue
      const start = byDeploy.get(began.deployId)?.find((call) => {
        if (call.machine !== began.machine || used.has(call)) return false
        return call.answered !== null && call.answered <= began.order && isStart(call, began)
      })
      if (start === undefined) yield `${began.deployId}: ${began.machine} began ${began.step} without a stored start`
      else used.add(start)
      if (start?.wrote.length !== 0 && start?.row !== undefined && start.row?.deploy.status !== "running")
        yield `${began.deployId}: ${began.step} began of a deploy that was not running`
    }
  }
}

/** Each cancel of a deploy is answered alike. */
const cancelAgain: Invariant = {
  number: 5,
  *breaches({ asked, byDeploy }) {
    for (const [id, calls] of byDeploy) {
      const answers = [
        ...calls.flatMap((call) => (call.op === "cancel" && call.answer !== null ? [call.answer] : [])),
        ...asked.flatMap((ask) =>
          ask.what === "cancel" && ask.deployId === id && ask.answer !== null ? [ask.answer] : []
        )
      ]
      const texts = new Set(answers.map(({ at, by, reason }) => `${at} ${by} ${reason}`))
      if (texts.size > 1) yield `${id}: cancels were answered ${[...texts].join(", then ")}`
    }
  }
}

const misfit = ({ completedAt, createdAt, startedAt, status }: Deploy): string | null => {
  const hasRun = status === "running" || status === "completed"
  if (hasRun && startedAt === null) return `is ${status} and never started`
  if (status === "pending" && startedAt !== null) return "is pending and has started"
  if (isFinal(status) !== (completedAt !== null)) return `is ${status} and completedAt is ${completedAt}`
  const times = [createdAt, startedAt ?? createdAt, completedAt ?? startedAt ?? createdAt]
  return times.every((time, index) => index === 0 || time >= (times[index - 1] ?? time))
    ? null
    : `has the times ${times.join(", ")}`
}

const mayBecome = (from: DeployStatus, to: DeployStatus) => legalMoves[from].includes(to)

/** Only legal moves, and times that fit them. */
const legal: Invariant = {
  number: 6,
  *breaches({ byDeploy }) {
    for (const [id, calls] of byDeploy) {
      let last: Deploy | null = null
      for (const { op, row } of calls) {
        if (row === null) continue
        const { status } = row.deploy
        const isLegal = last === null ? status === "pending" : last.status === status || mayBecome(last.status, status)
        if (!isLegal) yield `${id} went from ${last?.status ?? "nothing"} to ${status} by a ${op}`
        last = row.deploy
        const wrong = misfit(row.deploy)
        if (wrong !== null) yield `${id} ${wrong}`
      }
    }
  }
}

/** Status and cancel. */
export const status: ReadonlyArray<Invariant> = [
  finalStays,
  cancelledOnce,
  cancelEndsWork,
  checkedBefore,
  cancelAgain,
  legal
]
