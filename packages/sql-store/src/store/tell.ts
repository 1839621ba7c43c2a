import type { StoreChange } from "@deploys/core"
import { Effect } from "effect"
import type { Database } from "../internal/Database.ts"
import type { Wakeups } from "../Wakeups.ts"

type Publish = Wakeups["Service"]["publish"]

/** Tells of changes after their commit, also where the host has put the call into a transaction of its own. */
export const tell = ({ sql }: Database, publish: Publish, changes: ReadonlyArray<StoreChange>): Effect.Effect<void> =>
  changes.length === 0 ? Effect.void : sql.afterCommit(publish(changes))
