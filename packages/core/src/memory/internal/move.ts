import { Equal } from "effect"
import { type MovesPatch, movesPatch } from "../../domain/DeployMove.ts"
import type { MoveRequest, MoveResult, StoreChange } from "../../ports/DeployStore.ts"
import { land } from "./land.ts"
import {
  deployOf,
  lastEvent,
  type Now,
  type State,
  type StoredDeploy,
  type Transition,
  unchanged,
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
  const landed = land(state, now, stored, patch)
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
