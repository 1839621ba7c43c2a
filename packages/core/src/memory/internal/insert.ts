import type { Deploy } from "../../domain/Deploy.ts"
import type { NewDeploy } from "../../ports/DeployStore.ts"
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

/** Adds a pending deploy at the end of its entity's queue. */
export const insert = (state: State, now: Now, given: NewDeploy): Transition<Deploy> => {
  const present = deployOf(state, given.id)
  if (present !== undefined) return unchanged(state, present.deploy)
  const lane = laneOf(state, given.entityId)
  const deploy = pendingDeploy(given, lane.lastSequence + 1, now)
  const empty = { deploy, steps: [], events: [], epoch: 0, lease: null, settling: false, cancellation: null }
  const { buildId, createdBy: by, sequenceNumber, trigger } = deploy
  const stored = withEvents(empty, [{ type: "deploy.created", data: { by, trigger, buildId, sequenceNumber } }], now.at)
  return {
    state: withLane(withDeploy(state, stored), deploy.entityId, {
      lastSequence: sequenceNumber,
      queue: [...lane.queue, deploy.id]
    }),
    answer: deploy,
    changes: [
      { deployId: deploy.id, kind: "events" },
      { deployId: deploy.id, kind: "ready" }
    ]
  }
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
