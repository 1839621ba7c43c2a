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
import { Effect } from "effect"
import type { Database } from "../internal/Database.ts"
import { landedPatches } from "../statements/landedPatches.ts"
import { type Landed, landPatches, type Patch } from "../statements/landPatches.ts"
import type { Wakeups } from "../Wakeups.ts"
import type { Write } from "./GroupCommit.ts"
import { oneByOneIfRefused } from "./oneByOne.ts"
import { tell } from "./tell.ts"

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
const moveTogether = Effect.fnUntraced(function* (
  db: Database,
  wakeups: Wakeups["Service"],
  requests: ReadonlyArray<MoveRequest>,
  patience: number | undefined
) {
  const patches = requests.map(patchOf)
  const notices = yield* wakeups.notices(patches.flatMap(changesOf))
  const landed = new Map((yield* landPatches(db, patches, { notices, patience })).map((one) => [one.n, one]))
  const left = patches.filter((_, n) => !landed.has(n))
  const before = left.length === 0 ? [] : yield* landedPatches(db, left)
  const earlier = new Map(before.map((one) => [left[one.n], one]))
  // The statement itself has told the other nodes, but of what it superseded, which nobody knew before.
  yield* tell(
    db,
    wakeups.publishHere,
    patches.flatMap((patch, n) => (landed.has(n) ? changesOf(patch) : []))
  )
  yield* tell(
    db,
    wakeups.publish,
    [...landed.values()].flatMap(({ superseded }) => superseded.map(eventsOf))
  )
  return patches.map((patch, n) => resultOf(landed.get(n) ?? earlier.get(patch)))
})

/** Lands moves of many deploys. */
export const move = (db: Database, wakeups: Wakeups["Service"]): Write<MoveRequest, MoveResult> =>
  oneByOneIfRefused((requests, patience) => moveTogether(db, wakeups, requests, patience))

const resultOf = (landed: Pick<Landed, "at"> | undefined): MoveResult =>
  landed === undefined ? { _tag: "Fenced" } : { _tag: "Applied", at: Timestamp.make(landed.at) }

const eventsOf = (deployId: DeployId): StoreChange => ({ deployId, kind: "events" })

const changesOf = ({ deploy, id: deployId }: Patch): ReadonlyArray<StoreChange> => [
  eventsOf(deployId),
  ...(deploy.end === "live" || deploy.end === "over" ? [{ deployId, kind: "ready" } as const] : [])
]
