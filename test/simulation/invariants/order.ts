import type { DeployEvent, DeployStatus, DeployStep } from "@deploys/core"
import type { DeployCall } from "../History.ts"
import { type Invariant, isFinalEvent } from "./Invariant.ts"
import { holdsHold, inTurn } from "./queue.ts"

/** Sequence numbers of an entity count its deploys in the order of their creation. */
const numbersCount: Invariant = {
  number: 11,
  *breaches({ calls }) {
    const last = new Map<string, number>()
    for (const call of calls) {
      if (call.op !== "insert" || call.wrote.length === 0) continue
      const { entityId, id, sequenceNumber } = call.answer
      const wanted = (last.get(entityId) ?? 0) + 1
      if (sequenceNumber !== wanted) yield `${id} has the number ${sequenceNumber}, not ${wanted}`
      last.set(entityId, sequenceNumber)
    }
  }
}

const ofSettling: ReadonlySet<DeployEvent["type"]> = new Set([
  "log",
  "step.cancelled",
  "step.discarded",
  "step.compensated",
  "deploy.settled"
])

function* misplaced(events: ReadonlyArray<DeployEvent>): Iterable<string> {
  const gap = events.findIndex(({ sequence }, index) => sequence !== index + 1)
  if (gap >= 0) yield `event ${gap + 1} has the number ${events[gap]?.sequence}`
  const end = events.findIndex(isFinalEvent)
  const late = end < 0 ? undefined : events.slice(end + 1).find(({ type }) => !ofSettling.has(type))
  if (late !== undefined) yield `${late.type} follows the final event`
  const settled = events.findIndex(({ type }) => type === "deploy.settled")
  if (settled >= 0 && settled !== events.length - 1) yield "events follow deploy.settled"
}

/** Events of a deploy count up, only settling follows the final one, and a reader gets each of them once. */
const eventsCount: Invariant = {
  number: 12,
  *breaches({ readings, rows }) {
    for (const { events, record } of rows) {
      const { id } = record.deploy
      for (const wrong of misplaced(events)) yield `${id}: ${wrong}`
      for (const { connections, deployId, sequences } of readings)
        if (deployId === id && sequences.join() !== events.map(({ sequence }) => sequence).join())
          yield `${id}: over ${connections} connections a reader got ${sequences.join()}`
    }
  }
}

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

function* unlikeEvents(calls: ReadonlyArray<DeployCall>): Iterable<string> {
  let status: DeployStatus | undefined
  const steps = new Map<number, DeployStep["status"]>()
  for (const { op, row, wrote } of calls) {
    for (const event of wrote) {
      status = statusAfter[event.type] ?? status
      const step = stepAfter[event.type]
      if (step !== undefined && "index" in event.data) steps.set(event.data.index, step)
    }
    if (row === null) continue
    if (row.deploy.status !== status) yield `after a ${op} the row is ${row.deploy.status}, by its events ${status}`
    for (const step of row.steps) {
      const unreached = row.deploy.completedAt === null ? "pending" : "cancelled"
      const told = steps.get(step.index) ?? unreached
      if (step.status !== told) yield `after a ${op} step ${step.name} is ${step.status}, by the events ${told}`
    }
  }
}

/** At every moment, a row is what its events say. */
const rowsTell: Invariant = {
  number: 13,
  *breaches({ byDeploy }) {
    for (const [id, calls] of byDeploy) for (const wrong of unlikeEvents(calls)) yield `${id}: ${wrong}`
  }
}

/** Order and numbers. */
export const order: ReadonlyArray<Invariant> = [numbersCount, eventsCount, rowsTell, inTurn, holdsHold]
