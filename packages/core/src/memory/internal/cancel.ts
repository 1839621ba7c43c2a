import { Result } from "effect"
import { type Cancellation, isFinal } from "../../domain/Deploy.ts"
import { DeployFinished, NotFound } from "../../domain/DeployError.ts"
import { Ending } from "../../domain/DeployMove.ts"
import type { DeployId } from "../../domain/Id.ts"
import { endFromOutside } from "./land.ts"
import { deployOf, type Now, type State, type StoredDeploy, type Transition, unchanged, writeTime } from "./state.ts"

/** Who cancels what, and why. */
export interface CancelRequest {
  readonly deployId: DeployId
  readonly by: string
  readonly reason: string | null
}

type Answer = Result.Result<Cancellation, NotFound | DeployFinished>

/** Ends a deploy for good. */
export const cancel = (state: State, now: Now, request: CancelRequest): Transition<Answer> => {
  const stored = deployOf(state, request.deployId)
  if (stored === undefined) {
    return unchanged(state, Result.fail(new NotFound({ resource: "deploy", id: request.deployId })))
  }
  if (stored.cancellation !== null) return unchanged(state, Result.succeed(stored.cancellation))
  const { failureCode, id, status } = stored.deploy
  return isFinal(status)
    ? unchanged(state, Result.fail(new DeployFinished({ deployId: id, status, failureCode })))
    : end(state, now, request, stored)
}

const end = (state: State, now: Now, { by, reason }: CancelRequest, stored: StoredDeploy): Transition<Answer> => {
  const { deploy } = stored
  const cancellation = { reason, by, at: writeTime(stored, now) }
  const told = { ...stored, cancellation, deploy: { ...deploy, metadata: { ...deploy.metadata, cancellation } } }
  const ended = endFromOutside(state, now, told, { by, ending: Ending.Cancelled({ reason }) })
  return { ...ended, answer: Result.succeed(cancellation) }
}
