import { Equal } from "effect"
import { isFinal } from "../../domain/Deploy.ts"
import { type MovePatch, type MovesPatch, movesPatch } from "../../domain/DeployMove.ts"
import type { StepRecord } from "../../domain/DeployStep.ts"
import type { Timestamp } from "../../domain/Timestamp.ts"
import type { MoveRequest, MoveResult, StoreChange } from "../../ports/DeployStore.ts"
import {
  deployOf,
  lastEvent,
  laneOf,
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

const fenced: MoveResult = { _tag: "Fenced" }

/** Lets runners move the deploys that they hold. */
export const move = (
  state: State,
  now: Now,
  requests: ReadonlyArray<MoveRequest>
): Transition<ReadonlyArray<MoveResult>> => {
  const answer: Array<MoveResult> = []
  const changes: Array<StoreChange> = []
  let moved = state
  for (const request of requests) {
    const one = moveOne(moved, now, request)
    moved = one.state
    answer.push(one.answer)
    changes.push(...one.changes)
  }
  return { state: moved, answer, changes }
}

const moveOne = (state: State, now: Now, request: MoveRequest): Transition<MoveResult> => {
  const stored = deployOf(state, request.deployId)
  if (stored === undefined) return unchanged(state, fenced)
  const patch = movesPatch(request.moves, request.by)
  const landedAt = whenLanded(stored, request, patch)
  if (landedAt !== undefined) return unchanged(state, { _tag: "Applied", at: landedAt })
  const fits = request.epoch === stored.epoch && request.after === lastEvent(stored) && isInPhase(stored, patch.phase)
  if (!fits) return unchanged(state, fenced)
  const at = writeTime(stored, now)
  const landed = land(state, stored, patch, at)
  return { ...landed, answer: { _tag: "Applied", at } }
}

const isInPhase = ({ deploy, settling }: StoredDeploy, phase: MovesPatch["phase"]): boolean =>
  (phase !== "settling" && deploy.status === "running") || (phase !== "running" && settling)

/** When this very request landed: then its events stand where it would write them, under its epoch. */
const whenLanded = (stored: StoredDeploy, { after, epoch }: MoveRequest, { events }: MovesPatch) => {
  const there = stored.events.slice(after, after + events.length)
  const isSame = events.every((content, index) => {
    const { [index]: other } = there
    return other?.epoch === epoch && other.event.type === content.type && Equal.equals(other.event.data, content.data)
  })
  return isSame ? there[0]?.event.at : undefined
}

/** Writes a patch that fits: the deploy with its steps and events, the lane, and the deploy that was live. */
export const land = (
  state: State,
  stored: StoredDeploy,
  patch: MovesPatch,
  at: Timestamp
): Pick<Transition<void>, "state" | "changes"> => {
  const { entityId, id } = stored.deploy
  const { end } = patch.deploy
  const written = withDeploy(state, withEvents(patched(stored, patch, at), patch.events, at))
  const events: StoreChange = { deployId: id, kind: "events" }
  if (end === undefined || end === "settling") return { state: written, changes: [events] }
  const left = leaveLane(end === "live" ? goLive(written, stored) : written, stored)
  return { state: left, changes: [events, { deployId: laneOf(left, entityId).queue[0] ?? id, kind: "ready" }] }
}

const leaveLane = (state: State, { deploy: { entityId, id } }: StoredDeploy): State => {
  const { occupant, queue } = laneOf(state, entityId)
  return withLane(
    state,
    entityId,
    occupant === id ? { occupant: null } : { queue: queue.filter((other) => other !== id) }
  )
}

const goLive = (state: State, { deploy: { entityId, id } }: StoredDeploy): State => {
  const { liveDeployId } = laneOf(state, entityId)
  const earlier = liveDeployId === null ? undefined : deployOf(state, liveDeployId)
  const retired =
    earlier === undefined ? state : withDeploy(state, { ...earlier, deploy: { ...earlier.deploy, isLive: false } })
  return withLane(retired, entityId, { liveDeployId: id })
}

const patched = (stored: StoredDeploy, patch: MovesPatch, at: Timestamp): StoredDeploy => {
  const { end, outcome, ...fields } = patch.deploy
  const ends = end !== undefined && !isFinal(stored.deploy.status)
  const steps = stored.steps.map((step) =>
    patch.steps.filter(({ index }) => index === step.index).reduce((row, change) => patchedStep(row, change, at), step)
  )
  return {
    ...stored,
    deploy: {
      ...stored.deploy,
      ...fields,
      ...(outcome === undefined ? {} : { metadata: { ...stored.deploy.metadata, outcome } }),
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
