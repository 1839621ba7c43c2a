import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"

/** Where nodes tell each other of changes. */
export const channel = "deploys_changes"

/** Tells the other nodes when the statement commits: that needs no commit of its own. */
export const notified = ({ sql }: Database, notices: ReadonlyArray<string>): Statement.Fragment =>
  sql`SELECT pg_notify(${channel}, notice) FROM unnest(${[...notices]}::text[]) AS n(notice)`

/** What a statement of a group commit does beside its work. */
export interface GroupOptions {
  /** What the other nodes are told when it commits. */
  readonly notices?: ReadonlyArray<string>
  /** For how long it waits for a lock, in milliseconds. Default: as long as the session does. */
  readonly patience?: number | undefined
}

/** Ends the statement where a lock is not to be had in time. To be evaluated before the first lock is asked for. */
export const patient = ({ sql }: Database, patience: number | undefined): Statement.Fragment =>
  sql`SELECT set_config(
    'lock_timeout', coalesce(${patience === undefined ? null : `${patience}ms`}::text, current_setting('lock_timeout')), true
  )`
