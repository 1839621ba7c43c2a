import { DateTime, Option } from "effect"
import { DeployMove, movesPatch } from "../../domain/DeployMove.ts"
import { pendingSteps, type StepDeclaration } from "../../domain/DeployStep.ts"
import type { StepId } from "../../domain/Id.ts"
import type { Timestamp } from "../../domain/Timestamp.ts"
import type { Claim, ClaimRequest } from "../../ports/DeployStore.ts"
import { written } from "./land.ts"
import {
  atWorkIn,
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
  return { state: withDeploy(state, taken), answer: Option.some(asClaim(taken, now, false)), changes: [] }
}

const claimPending = (
  state: State,
  now: Now,
  request: ClaimWithIds,
  stored: StoredDeploy
): Transition<Option.Option<Claim>> => {
  const { entityId, id } = stored.deploy
  const lane = laneOf(state, entityId)
  if (nextOf(state, lane) !== id || !hasPlace(state, stored, request)) return unchanged(state, Option.none())
  const running = started(stored, now, request)
  return {
    state: withLane(withDeploy(state, running), now, entityId, {
      occupant: id,
      queue: lane.queue.filter((other) => other !== id)
    }),
    answer: Option.some(asClaim(running, now, running.steps[0]?.status === "running")),
    changes: [{ deployId: id, kind: "events" }]
  }
}

const hasPlace = (state: State, { deploy }: StoredDeploy, { maxRunningPerWorkspace = Infinity }: ClaimRequest) =>
  atWorkIn(state, deploy.workspaceId) < maxRunningPerWorkspace

const started = (stored: StoredDeploy, now: Now, request: ClaimWithIds): StoredDeploy => {
  const at = writeTime(stored, now)
  const taken = withLease(stored, now, request)
  const running = withEvents(
    {
      ...taken,
      deploy: { ...stored.deploy, status: "running", startedAt: at },
      steps: pendingSteps(request.deployId, request.steps, request.stepIds)
    },
    [{ type: "deploy.running", data: { by: request.owner, epoch: taken.epoch } }],
    at
  )
  const { 0: first } = request.steps
  return request.startFirstStep === true && first !== undefined
    ? written(running, movesPatch([startOf(first)], request.owner), at)
    : running
}

const startOf = ({ name }: StepDeclaration) => DeployMove.StepStarted({ step: { index: 0, name }, attempt: 1 })

const withLease = (stored: StoredDeploy, now: Now, { leaseMillis, owner }: ClaimRequest): StoredDeploy => {
  const epoch = stored.epoch + 1
  return { ...stored, epoch, lease: { owner, epoch, until: now.millis + leaseMillis } }
}

const asClaim = (stored: StoredDeploy, now: Now, startedFirstStep: boolean): Claim => ({
  deploy: stored.deploy,
  steps: stored.steps,
  epoch: stored.epoch,
  lastEvent: lastEvent(stored),
  elapsedMillis: Math.max(0, now.millis - millisOf(stored.deploy.startedAt ?? now.at)),
  startedFirstStep
})

const millisOf = (at: Timestamp) => DateTime.toEpochMillis(DateTime.makeUnsafe(at))
