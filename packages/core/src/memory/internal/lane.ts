import { HashMap, Option } from "effect"
import type { DeployId, EntityId } from "../../domain/Id.ts"
import type { Lane, Waiting } from "../../domain/Lane.ts"
import type { Timestamp } from "../../domain/Timestamp.ts"
import {
  deployOf,
  isHeld,
  laneOf,
  nextOf,
  type Now,
  type State,
  type Transition,
  unchanged,
  withLane
} from "./state.ts"

/** What is known of an entity. */
export const lane = (state: State, entityId: EntityId): Option.Option<Lane> =>
  Option.map(HashMap.get(state.lanes, entityId), ({ hold, lastSequence, liveDeployId, queuePolicy }) => ({
    entityId,
    lastSequence,
    liveDeployId,
    hold: hold === null ? null : { by: hold.by, reason: hold.reason, since: hold.since },
    queuePolicy
  }))

/** Releases an entity's hold. */
export const releaseHold = (state: State, now: Now, entityId: EntityId): Transition<void> => {
  if (laneOf(state, entityId).hold === null) return unchanged(state, undefined)
  const released = withLane(state, now, entityId, { hold: null })
  const next = nextOf(released, laneOf(released, entityId))
  return {
    state: released,
    answer: undefined,
    changes: next === undefined ? [] : [{ deployId: next, kind: "ready" }]
  }
}

const later = (a: Timestamp, b: Timestamp | null) => (b !== null && b > a ? b : a)

/** What a pending deploy waits for. */
export const waiting = (state: State, id: DeployId): Option.Option<Waiting> => {
  const stored = deployOf(state, id)
  if (stored === undefined || stored.deploy.status !== "pending") return Option.none()
  const { createdAt, entityId } = stored.deploy
  const ofEntity = laneOf(state, entityId)
  const held = isHeld(ofEntity, stored)
  const ahead = ofEntity.queue
    .slice(0, ofEntity.queue.indexOf(id))
    .flatMap((other) => deployOf(state, other) ?? [])
    .filter((other) => held || !isHeld(ofEntity, other))
  const position = ahead.length + 1
  if (ofEntity.hold !== null && held) {
    return Option.some({ for: "hold", position, since: later(createdAt, ofEntity.hold.since) })
  }
  return ofEntity.occupant !== null || ahead.length > 0
    ? Option.some({ for: "deploy", position, since: createdAt })
    : Option.some({ for: "capacity", position, since: later(createdAt, ofEntity.readySince) })
}
