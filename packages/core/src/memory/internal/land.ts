import { type Deploy, isFinal } from "../../domain/Deploy.ts"
import { Ending, endingPatch, type MovePatch, type MovesPatch } from "../../domain/DeployMove.ts"
import type { StepRecord } from "../../domain/DeployStep.ts"
import type { DeployId } from "../../domain/Id.ts"
import type { Timestamp } from "../../domain/Timestamp.ts"
import type { StoreChange } from "../../ports/DeployStore.ts"
import {
  deployOf,
  laneOf,
  nextOf,
  type Now,
  type State,
  type StoredDeploy,
  type Transition,
  withDeploy,
  withEvents,
  withLane,
  writeTime
} from "./state.ts"

type Landed = Pick<Transition<void>, "state" | "changes">

/** Writes a patch that fits: the deploy with its steps and events, the lane, and the deploys that it puts out of place. */
export const land = (state: State, now: Now, stored: StoredDeploy, patch: MovesPatch): Landed => {
  const { entityId, id } = stored.deploy
  const { end } = patch.deploy
  const at = writeTime(stored, now)
  const changed = withDeploy(state, written(stored, patch, at))
  const events: StoreChange = { deployId: id, kind: "events" }
  if (end === undefined || end === "settling") return { state: changed, changes: [events] }
  const left = leaveLane(changed, now, stored)
  const { changes, state: last } = end === "live" ? goLive(left, now, stored, patch.by) : { state: left, changes: [] }
  const next = nextOf(last, laneOf(last, entityId)) ?? id
  return { state: last, changes: [events, ...changes, { deployId: next, kind: "ready" }] }
}

/** Ends a deploy that is not over, whoever runs it. */
export const endFromOutside = (
  state: State,
  now: Now,
  stored: StoredDeploy,
  { by, ending }: { readonly ending: Ending; readonly by: string }
): Landed => {
  const { deploy, epoch, steps } = stored
  const patch = endingPatch(ending, by, { status: deploy.status, steps })
  const { changes, state: ended } = land(state, now, { ...stored, epoch: epoch + 1 }, patch)
  const cancelled: StoreChange = { deployId: deploy.id, kind: "cancelled" }
  return { state: ended, changes: deploy.status === "running" ? [...changes, cancelled] : changes }
}

/** Ends these deploys because another one takes their place. */
export const supersede = (
  state: State,
  now: Now,
  ids: ReadonlyArray<DeployId>,
  { by, successor }: { readonly successor: DeployId; readonly by: string }
): Landed => {
  let ended: Landed = { state, changes: [] }
  for (const id of ids) {
    const stored = deployOf(ended.state, id)
    if (stored === undefined) continue
    const one = endFromOutside(ended.state, now, stored, { by, ending: Ending.Superseded({ successor }) })
    ended = { state: one.state, changes: [...ended.changes, ...one.changes] }
  }
  return ended
}

const leaveLane = (state: State, now: Now, { deploy: { entityId, id } }: StoredDeploy): State => {
  const { occupant, queue } = laneOf(state, entityId)
  return withLane(
    state,
    now,
    entityId,
    occupant === id ? { occupant: null } : { queue: queue.filter((other) => other !== id) }
  )
}

const goLive = (state: State, now: Now, { deploy }: StoredDeploy, by: string): Landed => {
  const { entityId, id, sequenceNumber } = deploy
  const { hold, liveDeployId, queue } = laneOf(state, entityId)
  const earlier = liveDeployId === null ? undefined : deployOf(state, liveDeployId)
  const retired =
    earlier === undefined ? state : withDeploy(state, { ...earlier, deploy: { ...earlier.deploy, isLive: false } })
  const releases = deploy.trigger === "manual" && hold !== null && hold.sequenceNumber < sequenceNumber
  const live = withLane(retired, now, entityId, { liveDeployId: id, ...(releases ? { hold: null } : {}) })
  const older = queue.filter((other) => (deployOf(live, other)?.deploy.sequenceNumber ?? 0) < sequenceNumber)
  return supersede(live, now, older, { successor: id, by })
}

/** A deploy with what a patch changes of its own row, its steps and its events. */
export const written = (stored: StoredDeploy, patch: MovesPatch, at: Timestamp): StoredDeploy =>
  withEvents(patched(stored, patch, at), patch.events, at)

const patched = (stored: StoredDeploy, patch: MovesPatch, at: Timestamp): StoredDeploy => {
  const { end, ...fields } = patch.deploy
  const ends = end !== undefined && !isFinal(stored.deploy.status)
  const steps = stored.steps.map((step) =>
    patch.steps.filter(({ index }) => index === step.index).reduce((row, change) => patchedStep(row, change, at), step)
  )
  return {
    ...stored,
    deploy: {
      ...stored.deploy,
      ...withMetadata(stored.deploy, fields),
      ...(end === "live" ? { isLive: true } : {}),
      ...(ends ? { completedAt: at } : {})
    },
    steps: ends ? steps.map((step) => withoutPending(step, at)) : steps,
    settling: end === "settling" || (stored.settling && end === undefined),
    lease: end === "live" || end === "over" ? null : stored.lease
  }
}

const patchedStep = (step: StepRecord, change: NonNullable<MovePatch["step"]>, at: Timestamp): StepRecord => {
  const { ends, starts, ...fields } = change
  return {
    ...step,
    ...fields,
    ...(starts === true ? { starts: step.starts + 1, startedAt: step.startedAt ?? at } : {}),
    ...(ends === true ? { completedAt: at } : {})
  }
}

const withoutPending = (step: StepRecord, at: Timestamp): StepRecord =>
  step.status === "pending" ? { ...step, status: "cancelled", completedAt: at } : step

/** What the engine writes into a deploy's metadata stands beside what the host wrote. */
const withMetadata = (deploy: Deploy, { outcome, supersededBy, ...fields }: Omit<MovesPatch["deploy"], "end">) => ({
  ...fields,
  metadata: {
    ...deploy.metadata,
    ...(outcome === undefined ? {} : { outcome }),
    ...(supersededBy === undefined ? {} : { supersededBy })
  }
})
