import {
  Cancellation,
  type Deploy,
  DeployFinished,
  Ending,
  endingPatch,
  type DeployId,
  NotFound,
  storableText,
  type StoreChange,
  Timestamp
} from "@deploys/core"
import { Effect, Schema } from "effect"
import type { Database } from "../internal/Database.ts"
import { readCommitted } from "../internal/transaction.ts"
import { landPatches, type Patch } from "../statements/landPatches.ts"
import { lockDeploy } from "../statements/lockDeploy.ts"
import { type DeployRow, readDeploy } from "../statements/readDeploy.ts"

/** Who cancels what, and why. */
export interface CancelRequest {
  readonly deployId: DeployId
  readonly by: string
  readonly reason: string | null
}

/**
 * Ends a deploy for good. What is left to undo is read after the deploy is locked, so that no step can begin between that
 * and the end.
 */
export const cancel = (db: Database, request: CancelRequest) =>
  readCommitted(
    db.sql,
    Effect.gen(function* () {
      yield* lockDeploy(db, request.deployId)
      const found = yield* readDeploy(db, request.deployId)
      if (found === undefined) return yield* new NotFound({ resource: "deploy", id: request.deployId })
      const { failureCode, id, metadata, status } = found.deploy
      if (failureCode === "cancelled") return { cancellation: yield* decode(metadata["cancellation"]), changes: [] }
      if (status === "completed" || status === "failed") {
        return yield* new DeployFinished({ deployId: id, status, failureCode })
      }
      const said = {
        reason: request.reason === null ? null : storableText(request.reason),
        by: storableText(request.by)
      }
      const patch = cancelPatch(said, found)
      const [landed] = yield* landPatches(db, [patch])
      if (landed === undefined) return yield* Effect.die(new Error(`Deploy ${id} changed under its lock`))
      return {
        cancellation: { ...said, at: Timestamp.make(landed.at) },
        changes: changesOf(found.deploy, patch)
      }
    })
  )

const decode = Schema.decodeUnknownEffect(Cancellation)

const cancelPatch = (said: Omit<Cancellation, "at">, { deploy, epoch, lastEvent, steps }: DeployRow): Patch => ({
  ...endingPatch(Ending.Cancelled({ reason: said.reason }), said.by, { status: deploy.status, steps }),
  id: deploy.id,
  epoch,
  after: lastEvent,
  phase: "open",
  cancellation: said
})

const changesOf = ({ id: deployId, status }: Deploy, { deploy }: Patch): ReadonlyArray<StoreChange> => [
  { deployId, kind: "events" },
  ...(status === "running" ? [{ deployId, kind: "cancelled" } as const] : []),
  ...(deploy.end === "over" ? [{ deployId, kind: "ready" } as const] : [])
]
