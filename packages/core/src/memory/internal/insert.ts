import { HashMap, Option, Result } from "effect"
import type { Deploy } from "../../domain/Deploy.ts"
import type { IdempotencyKeyReused } from "../../domain/DeployError.ts"
import type { DeployId } from "../../domain/Id.ts"
import type { InsertOptions, NewDeploy } from "../../ports/DeployStore.ts"
import { supersede } from "./land.ts"
import { remember, remembered } from "./once.ts"
import {
  deployOf,
  laneOf,
  type Now,
  type State,
  type Transition,
  unchanged,
  withDeploy,
  withEvents,
  withLane
} from "./state.ts"

type Answer = Result.Result<Deploy, IdempotencyKeyReused>

/** Adds a pending deploy at the end of its entity's queue, unless it is there already. */
export const insert = (state: State, now: Now, given: NewDeploy, options: InsertOptions): Transition<Answer> => {
  const known = present(state, now, given, options)
  if (Result.isFailure(known)) return unchanged(state, Result.fail(known.failure))
  if (Option.isSome(known.success)) {
    const { value } = known.success
    return unchanged(withKey(state, now, options, value.id), Result.succeed(value))
  }
  const cleared = supersede(state, now, outOfPlace(state, given, options), {
    successor: given.id,
    by: given.createdBy
  })
  const { deploy, state: added } = add(cleared.state, now, given, options)
  return {
    state: withKey(added, now, options, deploy.id),
    answer: Result.succeed(deploy),
    changes: [...cleared.changes, { deployId: deploy.id, kind: "events" }, { deployId: deploy.id, kind: "ready" }]
  }
}

const withKey = (state: State, now: Now, { once }: InsertOptions, id: DeployId) =>
  once === undefined ? state : remember(state, now, once, id)

/** The deploy that stands where this one would: by its id, its key, or its source event. */
const present = (state: State, now: Now, given: NewDeploy, { once }: InsertOptions) => {
  const sameId = Option.fromNullishOr(deployOf(state, given.id)?.deploy)
  if (Option.isSome(sameId)) return Result.succeed(sameId)
  const sameKey = once === undefined ? Result.succeedNone : remembered(state, now, once)
  return Result.map(
    sameKey,
    Option.orElse(() => ofSameEvent(state, given))
  )
}

const ofSameEvent = (state: State, given: NewDeploy) =>
  Option.flatMap(eventOf(given), (event) =>
    Option.flatMap(HashMap.get(state.byEvent, event), (id) => Option.fromNullishOr(deployOf(state, id)?.deploy))
  )

/** The source event that the entity has one automatic deploy of. Ids hold no space. */
const eventOf = ({ entityId, sourceEventId, trigger }: NewDeploy) =>
  trigger === "auto" && sourceEventId !== null ? Option.some(`${entityId} ${sourceEventId}`) : Option.none()

/** The older deploys that the queue policy lets this one end. */
const outOfPlace = (
  state: State,
  { entityId, trigger }: NewDeploy,
  { queuePolicy = "queue" }: InsertOptions
): ReadonlyArray<DeployId> => {
  if (queuePolicy === "queue") return []
  const { hold, occupant, queue } = laneOf(state, entityId)
  const isAuto = trigger === "auto"
  const running = queuePolicy === "replace" && !(isAuto && hold !== null) && occupant !== null ? [occupant] : []
  return [...running, ...queue].filter((id) => {
    const deploy = deployOf(state, id)?.deploy
    return (deploy?.status === "pending" || deploy?.status === "running") && (!isAuto || deploy.trigger === "auto")
  })
}

const add = (state: State, now: Now, given: NewDeploy, { hold, queuePolicy = "queue" }: InsertOptions) => {
  const lane = laneOf(state, given.entityId)
  const deploy = pendingDeploy(given, lane.lastSequence + 1, now)
  const empty = { deploy, steps: [], events: [], epoch: 0, lease: null, settling: false, cancellation: null }
  const { buildId, createdBy: by, sequenceNumber, trigger } = deploy
  const stored = withEvents(empty, [{ type: "deploy.created", data: { by, trigger, buildId, sequenceNumber } }], now.at)
  const byEvent = Option.match(eventOf(given), {
    onNone: () => state.byEvent,
    onSome: (event) => HashMap.set(state.byEvent, event, deploy.id)
  })
  const added = withLane(withDeploy({ ...state, byEvent }, stored), now, deploy.entityId, {
    lastSequence: sequenceNumber,
    queue: [...lane.queue, deploy.id],
    queuePolicy,
    ...(hold === undefined ? {} : { hold: { ...hold, since: now.at, sequenceNumber } })
  })
  return { deploy, state: added }
}

const pendingDeploy = (given: NewDeploy, sequenceNumber: number, now: Now): Deploy => ({
  id: given.id,
  workspaceId: given.workspaceId,
  entityId: given.entityId,
  sequenceNumber,
  buildId: given.buildId,
  status: "pending",
  trigger: given.trigger,
  sourceEventId: given.sourceEventId,
  productionUrl: null,
  previewUrl: null,
  error: null,
  metadata: given.metadata,
  createdBy: given.createdBy,
  startedAt: null,
  completedAt: null,
  createdAt: now.at,
  failureCode: null,
  isLive: false
})
