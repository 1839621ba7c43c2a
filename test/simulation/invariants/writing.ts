import { type DeployId, type EntityId, isOver, type WorkspaceId } from "@deploys/core"
import { type Invariant, isDeployCall } from "./Invariant.ts"
import { Ownership } from "./Ownership.ts"

/** A write under an old epoch changes nothing and says so. */
const oneWriter: Invariant = {
  number: 7,
  *breaches({ calls }) {
    const ownership = new Ownership()
    for (const call of calls) {
      if (call.op === "move") {
        const { epoch } = ownership.of(call.deployId)
        if (call.wrote.length > 0 && call.request.epoch !== epoch)
          yield `${call.deployId}: ${call.machine} wrote under epoch ${call.request.epoch} while ${epoch} held`
        if (call.wrote.length > 0 && call.answer._tag === "Fenced")
          yield `${call.deployId}: ${call.machine} was told that nothing was written, and something was`
      }
      if (call.op === "renew") {
        for (const { deployId, epoch } of call.answer)
          if (epoch !== ownership.of(deployId).epoch)
            yield `${deployId}: ${call.machine} renewed epoch ${epoch} while ${ownership.of(deployId).epoch} held`
      }
      ownership.follow(call)
    }
  }
}

/** The epoch grows by one with each claim and each cancel. */
const epochsCount: Invariant = {
  number: 8,
  *breaches({ calls }) {
    const ownership = new Ownership()
    for (const call of calls) {
      if (call.op === "claim" && call.answer !== null) {
        const { epoch } = ownership.of(call.deployId)
        if (call.answer.epoch !== epoch + 1)
          yield `${call.deployId}: the claim behind epoch ${epoch} has epoch ${call.answer.epoch}`
      }
      ownership.follow(call)
    }
  }
}

/** One deploy of an entity is at work at a time. */
const oneAtWork: Invariant = {
  number: 9,
  *breaches({ calls }) {
    const atWork = new Map<EntityId, DeployId>()
    for (const call of calls) {
      if (!isDeployCall(call) || call.row === null) continue
      const { entityId, id, status } = call.row.deploy
      const other = atWork.get(entityId)
      const works = status === "running" || (status === "failed" && !isOver(call.row.deploy))
      if (works && other !== undefined && other !== id) yield `${id} and ${other} of ${entityId} are at work at once`
      if (works) atWork.set(entityId, id)
      else if (other === id) atWork.delete(entityId)
    }
  }
}

/** In a workspace, no claim leaves more deploys at work than it may. */
const places: Invariant = {
  number: 9,
  *breaches({ calls }) {
    const atWork = new Map<DeployId, WorkspaceId>()
    for (const call of calls) {
      if (!isDeployCall(call) || call.row === null) continue
      const { id, status, workspaceId } = call.row.deploy
      const works = status === "running" || (status === "failed" && !isOver(call.row.deploy))
      if (works) atWork.set(id, workspaceId)
      else atWork.delete(id)
      const most = call.op === "claim" ? (call.request.maxRunningPerWorkspace ?? Infinity) : Infinity
      const count = [...atWork.values()].filter((other) => other === workspaceId).length
      if (works && count > most) yield `${id} is one of ${count} at work in ${workspaceId}, which has ${most} places`
    }
  }
}

/** A lease that holds is taken from nobody. */
const leasesHold: Invariant = {
  number: 10,
  *breaches({ calls }) {
    const ownership = new Ownership()
    for (const call of calls) {
      if (call.op === "claim" && call.answer !== null) {
        const { lease } = ownership.of(call.deployId)
        if (lease !== null && lease.owner !== call.request.owner && lease.until > call.at)
          yield `${call.deployId}: ${call.machine} took it ${lease.until - call.at} ms before the lease of ${lease.machine} was over`
      }
      ownership.follow(call)
    }
  }
}

/** Ownership. */
export const writing: ReadonlyArray<Invariant> = [oneWriter, epochsCount, oneAtWork, places, leasesHold]
