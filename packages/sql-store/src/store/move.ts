import {
  type DeployId,
  Ending,
  endingPatch,
  type MoveRequest,
  type MoveResult,
  movesPatch,
  type StoreChange,
  Timestamp
} from "@deploys/core"
import { Effect, Exit } from "effect"
import type { SqlError } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { repeated } from "../internal/operation.ts"
import { landedPatches } from "../statements/landedPatches.ts"
import { type Landed, landPatches, type Patch } from "../statements/landPatches.ts"

/** What became of one request, and what it changed. */
export interface Moved {
  readonly result: MoveResult
  readonly changes: ReadonlyArray<StoreChange>
}

const patchOf = ({ after, by, deployId, epoch, moves }: MoveRequest): Patch => {
  const patch = movesPatch(moves, by)
  const ending = Ending.Superseded({ successor: deployId })
  return {
    id: deployId,
    epoch,
    after,
    ...patch,
    ...(patch.deploy.end === "live" ? { superseding: endingPatch(ending, by, { status: "pending", steps: [] }) } : {})
  }
}

/** Lands the requests in one statement; of those that don't fit, finds out which had landed before. */
const moveTogether = Effect.fnUntraced(function* (db: Database, requests: ReadonlyArray<MoveRequest>) {
  const patches = requests.map(patchOf)
  const landed = new Map((yield* landPatches(db, patches)).map((one) => [one.n, one]))
  const left = patches.filter((_, n) => !landed.has(n))
  const before = left.length === 0 ? [] : yield* landedPatches(db, left)
  const earlier = new Map(before.map((one) => [left[one.n], one]))
  return patches.map((patch, n): Moved => {
    const now = landed.get(n)
    return now === undefined
      ? { result: resultOf(earlier.get(patch)), changes: [] }
      : { result: resultOf(now), changes: changesOf(patch, now.superseded) }
  })
})

/** Lands the requests, each with an answer of its own: where together they are refused, one by one. */
export const move = (
  db: Database,
  requests: ReadonlyArray<MoveRequest>
): Effect.Effect<ReadonlyArray<Exit.Exit<Moved, SqlError.SqlError>>> =>
  repeated(moveTogether(db, requests)).pipe(
    Effect.map((moved) => moved.map((one) => Exit.succeed(one))),
    Effect.catch((error) =>
      requests.length === 1
        ? Effect.succeed([Exit.fail(error)])
        : Effect.map(
            Effect.forEach(requests, (request) => move(db, [request])),
            (answers) => answers.flat()
          )
    )
  )

const resultOf = (landed: Pick<Landed, "at"> | undefined): MoveResult =>
  landed === undefined ? { _tag: "Fenced" } : { _tag: "Applied", at: Timestamp.make(landed.at) }

const changesOf = (
  { deploy, id: deployId }: Patch,
  superseded: ReadonlyArray<DeployId>
): ReadonlyArray<StoreChange> => [
  ...[deployId, ...superseded].map((id) => ({ deployId: id, kind: "events" }) as const),
  ...(deploy.end === "live" || deploy.end === "over" ? [{ deployId, kind: "ready" } as const] : [])
]
