import { isFinal, isOver, legalMoves } from "@deploys/core"
import type { DeployEvent, DeployStatus, DeployStep } from "@deploys/core"
import { firstOf, isFinalEvent, ofEach, type Rule } from "./Rule.ts"
import type { Kept } from "./Snapshot.ts"

const ofSettling: ReadonlySet<DeployEvent["type"]> = new Set([
  "log",
  "step.cancelled",
  "step.discarded",
  "step.compensated",
  "deploy.settled"
])

const statusAfter: Partial<Record<DeployEvent["type"], DeployStatus>> = {
  "deploy.created": "pending",
  "deploy.running": "running",
  "deploy.completed": "completed",
  "deploy.failed": "failed"
}

const stepAfter: Partial<Record<DeployEvent["type"], DeployStep["status"]>> = {
  "step.running": "running",
  "step.completed": "completed",
  "step.failed": "failed",
  "step.cancelled": "cancelled",
  "step.discarded": "discarded"
}

/** A final status is never left, also not in the events. */
const finalStays = ofEach(1, function* ({ events }) {
  let status: DeployStatus | null = null
  for (const { event } of events) {
    const next = statusAfter[event.type]
    if (next === undefined) continue
    const isLegal = status === null ? next === "pending" : legalMoves[status].includes(next)
    if (!isLegal) yield `${event.type} follows ${status ?? "nothing"}`
    status = next
  }
})

/** Exactly one final event, and a cancellation exactly where the code is `cancelled`. */
const endsOnce = ofEach(2, function* ({ deploy, events }) {
  const ends = events.filter(isFinalEvent).length
  if (ends !== (isFinal(deploy.status) ? 1 : 0)) yield `is ${deploy.status} and has ${ends} final events`
  if ("cancellation" in deploy.metadata !== (deploy.failureCode === "cancelled"))
    yield `the code is ${deploy.failureCode}, the cancellation ${JSON.stringify(deploy.metadata["cancellation"])}`
})

/** A cancel that was answered is what the deploy says, and nothing of a run follows it. */
const cancelsHold: Rule = {
  number: 3,
  *breaches({ answers, deploys }) {
    const byId = new Map(deploys.map((kept) => [kept.deploy.id, kept]))
    for (const { at, by, deployId } of answers.cancels) {
      const kept = byId.get(deployId)
      const cancellation = kept?.deploy.metadata["cancellation"]
      const told = JSON.stringify(cancellation)
      if (kept?.deploy.status !== "failed") yield `${deployId} was cancelled and is ${kept?.deploy.status}`
      if (!told?.includes(`"at":"${at}"`) || !told.includes(`"by":"${by}"`))
        yield `${deployId}: the cancel was answered ${at} by ${by}, and the row says ${told}`
    }
  }
}

/** Behind the final event only settling writes. */
const onlySettling = ofEach(3, function* ({ events }) {
  const end = events.findIndex(isFinalEvent)
  for (const { event } of end < 0 ? [] : events.slice(end + 1))
    if (!ofSettling.has(event.type)) yield `${event.type} follows the final event`
})

const timesOf = ({ deploy: { completedAt, createdAt, startedAt } }: Kept) => [
  createdAt,
  startedAt ?? createdAt,
  completedAt ?? startedAt ?? createdAt
]

/** Times fit the status, are those of the events, and never go backwards. */
const timesFit = ofEach(6, function* (kept) {
  const { deploy, events } = kept
  const times = timesOf(kept)
  if (times.some((time, i) => i > 0 && time < (times[i - 1] ?? time))) yield `has the times ${times.join(", ")}`
  if (isFinal(deploy.status) !== (deploy.completedAt !== null)) yield `is ${deploy.status}, over ${deploy.completedAt}`
  if ((firstOf(kept, "deploy.running")?.event.at ?? null) !== deploy.startedAt) yield `started at ${deploy.startedAt}`
  if ((events.find(isFinalEvent)?.event.at ?? null) !== deploy.completedAt) yield `ended at ${deploy.completedAt}`
  const back = events.findIndex(({ event }, i) => i > 0 && event.at < (events[i - 1]?.event.at ?? event.at))
  if (back >= 0) yield `event ${back + 1} is older than the one before`
})

/** Folding the events gives the row and its steps. */
const eventsTell = ofEach(13, function* ({ deploy, events, steps }) {
  let status: DeployStatus | undefined
  const told = new Map<number, { status: DeployStep["status"]; attempt: number }>()
  for (const { event } of events) {
    status = statusAfter[event.type] ?? status
    const step = stepAfter[event.type]
    if (step === undefined || !("index" in event.data)) continue
    const attempt = "attempt" in event.data ? event.data.attempt : (told.get(event.data.index)?.attempt ?? 0)
    told.set(event.data.index, { status: step, attempt })
  }
  if (deploy.status !== status) yield `is ${deploy.status}, by its events ${status}`
  for (const step of steps) {
    const unreached = { status: isFinal(deploy.status) ? "cancelled" : "pending", attempt: 0 }
    const { attempt, status } = told.get(step.index) ?? unreached
    if (step.status !== status || step.attempt !== attempt)
      yield `step ${step.name} is ${step.status} at attempt ${step.attempt}, by the events ${status} at ${attempt}`
  }
})

/** Once faults have stopped, everything comes to its end and gives back what it held. */
const allEnds: Rule = {
  number: 21,
  *breaches({ deploys, lanes }) {
    for (const { deploy } of deploys) {
      if (!isOver(deploy)) yield `${deploy.id} of ${deploy.entityId} is ${deploy.status} for ever`
      if (deploy.owner !== null || deploy.settling) yield `${deploy.id} is over and still owned by ${deploy.owner}`
    }
    for (const { activeDeployId, entityId, waiting } of lanes)
      if (activeDeployId !== null || waiting > 0)
        yield `${entityId} still has ${activeDeployId} at work, ${waiting} wait`
  }
}

/** Status and cancel. */
export const status: ReadonlyArray<Rule> = [
  finalStays,
  endsOnce,
  cancelsHold,
  onlySettling,
  timesFit,
  eventsTell,
  allEnds
]
