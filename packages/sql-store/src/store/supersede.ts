import { DeployId, DeployStatus, Ending, endingPatch, type StoreChange, StepRecord } from "@deploys/core"
import { Effect, Schema } from "effect"
import type { Database } from "../internal/Database.ts"
import { landPatches, type Patch } from "../statements/landPatches.ts"
import { readEndable } from "../statements/readDeploy.ts"

const Endable = Schema.Struct({
  id: DeployId,
  status: DeployStatus,
  epoch: Schema.Natural,
  lastEvent: Schema.Natural,
  steps: Schema.Array(StepRecord)
})

const decode = Schema.decodeUnknownEffect(Schema.Array(Endable))

/** Ends these deploys, which are locked and not over, because another one takes their place. */
export const supersede = Effect.fnUntraced(function* (
  db: Database,
  ids: ReadonlyArray<DeployId>,
  { by, successor }: { readonly successor: DeployId; readonly by: string }
) {
  if (ids.length === 0) return []
  const rows = yield* decode(yield* readEndable(db, ids))
  const ending = Ending.Superseded({ successor })
  const patches = rows.map((row): Patch => ({
    ...endingPatch(ending, by, row),
    id: row.id,
    epoch: row.epoch,
    after: row.lastEvent,
    phase: "open"
  }))
  const landed = yield* landPatches(db, patches)
  if (landed.length < ids.length) return yield* Effect.die(new Error("A deploy changed under its lock"))
  return rows.flatMap(({ id: deployId, status }): ReadonlyArray<StoreChange> => [
    { deployId, kind: "events" },
    ...(status === "running" ? [{ deployId, kind: "cancelled" } as const] : [])
  ])
})
