import { type Claim, type ClaimRequest, type Ids, StepId } from "@deploys/core"
import { Effect, Option } from "effect"
import type { Database } from "../internal/Database.ts"
import { claimDeploy } from "../statements/claimDeploy.ts"
import { readDeploy } from "../statements/readDeploy.ts"

/** A claim that was won, and whether the deploy started with it. */
export interface Won {
  readonly claim: Claim
  readonly starts: boolean
}

/**
 * Makes an owner the one that runs or settles a deploy.
 *
 * The deploy is read after the claim has landed: the claim's own statement saw the steps as they were before it waited for
 * the lock. Where the epoch has been raised since, by a cancel or the owner's next claim, this one is lost already.
 */
export const claim = Effect.fnUntraced(function* (db: Database, ids: Ids, request: ClaimRequest) {
  const stepIds = yield* Effect.forEach(request.steps, () => Effect.map(ids.next("stp"), (id) => StepId.make(id)))
  const [won] = yield* claimDeploy(db, request, stepIds)
  if (won === undefined) return Option.none<Won>()
  const row = yield* readDeploy(db, request.deployId)
  if (row?.epoch !== won.epoch) return Option.none<Won>()
  return Option.some<Won>({ claim: row, starts: won.starts })
})
