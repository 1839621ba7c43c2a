import { DateTime, HashMap, Option, Order } from "effect"
import type { StepRecord } from "../../domain/DeployStep.ts"
import type { DeployId, StepId } from "../../domain/Id.ts"
import type { Timestamp } from "../../domain/Timestamp.ts"
import type { Claim, ClaimRequest } from "../../ports/DeployStore.ts"
import {
  deployOf,
  isLeaseFree,
  lastEvent,
  laneOf,
  nextOf,
  type Now,
  type State,
  type StoredDeploy,
  type Transition,
  unchanged,
  withDeploy,
  withEvents,
  withLane,
  writeTime
} from "./state.ts"

/** A request and the ids for the rows of its steps. */
export interface ClaimWithIds extends ClaimRequest {
  readonly stepIds: ReadonlyArray<StepId>
}

/** Makes an owner the one that runs or settles a deploy. */
export const claim = (state: State, now: Now, request: ClaimWithIds): Transition<Option.Option<Claim>> => {
  const stored = deployOf(state, request.deployId)
  if (stored === undefined) return unchanged(state, Option.none())
  if (stored.deploy.status === "pending") return claimPending(state, now, request, stored)
  const isAtWork = stored.deploy.status === "running" || stored.settling
  if (!isAtWork || !(isLeaseFree(stored, now) || stored.lease?.owner === request.owner)) {
    return unchanged(state, Option.none())
  }
  const taken = withLease(stored, now, request)
  return { state: withDeploy(state, taken), answer: Option.some(asClaim(taken, now)), changes: [] }
}

const claimPending = (
  state: State,
  now: Now,
  request: ClaimWithIds,
  stored: StoredDeploy
): Transition<Option.Option<Claim>> => {
  const { entityId, id } = stored.deploy
  const lane = laneOf(state, entityId)
  if (nextOf(state, lane) !== id) return unchanged(state, Option.none())
  const at = writeTime(stored, now)
  const taken = withLease(stored, now, request)
  const running = withEvents(
    {
      ...taken,
      deploy: { ...stored.deploy, status: "running", startedAt: at },
      steps: pendingSteps(request)
    },
    [{ type: "deploy.running", data: { by: request.owner, epoch: taken.epoch } }],
    at
  )
  return {
    state: withLane(withDeploy(state, running), now, entityId, {
      occupant: id,
      queue: lane.queue.filter((other) => other !== id)
    }),
    answer: Option.some(asClaim(running, now)),
    changes: [{ deployId: id, kind: "events" }]
  }
}

const withLease = (stored: StoredDeploy, now: Now, { leaseMillis, owner }: ClaimRequest): StoredDeploy => {
  const epoch = stored.epoch + 1
  return { ...stored, epoch, lease: { owner, epoch, until: now.millis + leaseMillis } }
}

const pendingSteps = ({ deployId, stepIds, steps }: ClaimWithIds) =>
  stepIds.flatMap((id, index): ReadonlyArray<StepRecord> => {
    const declaration = steps[index]
    if (declaration === undefined) return []
    const { cancellation, name, undoable } = declaration
    return [
      {
        id,
        deployId,
        index,
        name,
        status: "pending",
        attempt: 0,
        error: null,
        output: null,
        startedAt: null,
        completedAt: null,
        cancellation,
        undoable,
        starts: 0,
        compensated: null
      }
    ]
  })

const asClaim = (stored: StoredDeploy, now: Now): Claim => ({
  deploy: stored.deploy,
  steps: stored.steps,
  epoch: stored.epoch,
  lastEvent: lastEvent(stored),
  elapsedMillis: Math.max(0, now.millis - millisOf(stored.deploy.startedAt ?? now.at))
})

const millisOf = (at: Timestamp) => DateTime.toEpochMillis(DateTime.makeUnsafe(at))

/** Deploys that a claim by this owner may win now, the oldest first. */
export const claimable = (
  state: State,
  now: Now,
  { limit, owner }: { readonly owner: string; readonly limit: number }
): ReadonlyArray<DeployId> =>
  HashMap.toValues(state.lanes)
    .flatMap((lane) => lane.occupant ?? nextOf(state, lane) ?? [])
    .flatMap((id) => deployOf(state, id) ?? [])
    .filter((stored) => isOffered(stored, now, owner))
    .toSorted(byAge)
    .slice(0, limit)
    .map(({ deploy }) => deploy.id)

const byAge = Order.mapInput(
  Order.Tuple([Order.String, Order.String]),
  ({ deploy }: StoredDeploy) => [deploy.createdAt, deploy.id] as const
)

const isOffered = (stored: StoredDeploy, now: Now, owner: string): boolean =>
  isLeaseFree(stored, now) || (stored.lease?.owner === owner && stored.lease.epoch < stored.epoch)
