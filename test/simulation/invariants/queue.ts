import { type DeployEvent, type EntityId } from "@deploys/core"
import type { Call, DeployCall } from "../History.ts"
import { type Invariant, isDeployCall } from "./Invariant.ts"
import { type Lane, Lanes, nextOf, type Queued } from "./Lanes.ts"

type Told<Op extends DeployCall["op"]> = Extract<DeployCall, { readonly op: Op }>

const wrote = (call: Call, type: DeployEvent["type"]): call is DeployCall =>
  isDeployCall(call) && call.wrote.some((event) => event.type === type)

/** Why this deploy may not begin, if so. */
const wrongTurn = (lane: Lane, call: DeployCall): string | null => {
  const next = nextOf(lane)
  if (lane.atWork !== null) return `while ${lane.atWork.id} was at work`
  if (next?.id === call.deployId) return null
  return next === undefined ? "while it was held" : `before ${next.id}, whose turn it was`
}

/** Which of the older deploys an insert may put out of place. */
const mayReplace = (lane: Lane, { options: { queuePolicy = "queue" }, request: { trigger } }: Told<"insert">) => {
  const isAuto = trigger === "auto"
  const suits = (queued: Queued) => !isAuto || queued.trigger === "auto"
  if (queuePolicy === "queue") return []
  const { atWork } = lane
  const running = atWork !== null && atWork.isRunning && queuePolicy === "replace" && !(isAuto && lane.hold !== null)
  return [...(running ? [atWork] : []), ...lane.pending].filter(suits)
}

const older = (lane: Lane, call: DeployCall) =>
  lane.pending.filter(({ number }) => number < (call.row?.deploy.sequenceNumber ?? 0))

/** The deploys that this call puts out of place, before it does. */
const replaced = (lane: Lane, call: DeployCall): ReadonlyArray<Queued> => {
  if (call.op === "insert" && wrote(call, "deploy.created")) return mayReplace(lane, call)
  return call.op === "move" && wrote(call, "deploy.completed") ? older(lane, call) : []
}

const actorOf = (cause: DeployCall) =>
  cause.op === "insert" ? cause.request.createdBy : cause.op === "move" ? cause.request.by : null

/** What is wrong with how a deploy was put out of place. */
const misnamed = (call: Told<"supersede">, cause: DeployCall): string | null => {
  const deploy = call.row?.deploy
  const successor = cause.row?.deploy
  if (deploy === undefined || successor === undefined) return "is not there"
  if (deploy.failureCode !== "superseded") return `failed as ${deploy.failureCode} by a call about ${successor.id}`
  if (deploy.metadata["supersededBy"] !== successor.id)
    return `is superseded by ${String(deploy.metadata["supersededBy"])}`
  if (deploy.sequenceNumber >= successor.sequenceNumber) return `is superseded by the older ${successor.id}`
  const end = call.wrote.find((event) => event.type === "deploy.failed")
  return end?.data.by === actorOf(cause) ? null : `was ended by ${end?.data.by}, not ${actorOf(cause)}`
}

function* wrongPlaces(calls: ReadonlyArray<Call>): Iterable<string> {
  const lanes = new Lanes()
  let cause: DeployCall | null = null
  let wanted = new Set<string>()
  for (const call of calls) {
    if (call.op !== "supersede") {
      for (const id of wanted) yield `${id}: ${cause?.deployId} left it in its place by a ${cause?.op}`
      wanted = new Set()
      cause = isDeployCall(call) ? call : null
    }
    if (isDeployCall(call) && call.row !== null) {
      const lane = lanes.of(call.row.deploy.entityId)
      if (wrote(call, "deploy.running")) {
        const wrong = wrongTurn(lane, call)
        if (wrong !== null) yield `${call.deployId} began ${wrong}`
      }
      if (call.op === "supersede") {
        if (!wanted.delete(call.deployId)) yield `${call.deployId} was put out of its place by a ${cause?.op}`
        const wrong = cause === null ? "has no cause" : misnamed(call, cause)
        if (wrong !== null) yield `${call.deployId} ${wrong}`
      } else wanted = new Set(replaced(lane, call).map(({ id }) => id))
    }
    lanes.follow(call)
  }
}

/** Deploys of an entity have their turn in the order of their numbers, but for what is held or put out of place. */
export const inTurn: Invariant = {
  number: 14,
  *breaches({ calls }) {
    yield* wrongPlaces(calls)
    const last = new Map<EntityId, number>()
    for (const call of calls) {
      if (!wrote(call, "deploy.completed") || call.row === null) continue
      const { entityId, id, sequenceNumber } = call.row.deploy
      if (sequenceNumber <= (last.get(entityId) ?? 0)) yield `${id} completed behind one with a later number`
      last.set(entityId, sequenceNumber)
    }
  }
}

/** A hold is there from its rollback until somebody releases it or a newer manual deploy completes. */
export const holdsHold: Invariant = {
  number: 14,
  *breaches({ calls, lanes, waiting }) {
    const followed = new Lanes()
    for (const call of calls) followed.follow(call)
    for (const { entityId, hold } of lanes) {
      const wanted = followed.of(entityId)
      if ((hold === null) !== (wanted.hold === null))
        yield `${entityId}: the hold is ${hold?.by ?? "none"}, by the calls it came with number ${wanted.hold}`
      for (const { id, trigger } of wanted.pending)
        if (waiting.get(id)?.for !== "hold" || trigger !== "auto" || hold === null)
          yield `${id} is ${trigger} and waits for ${waiting.get(id)?.for}, and the hold is ${hold?.by ?? "none"}`
    }
  }
}
