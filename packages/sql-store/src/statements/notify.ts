import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"

/** Where nodes tell each other of changes. */
export const channel = "deploys_changes"

/** Tells the other nodes when the statement commits: that needs no commit of its own. */
export const notified = ({ sql }: Database, notices: ReadonlyArray<string>): Statement.Fragment =>
  sql`SELECT pg_notify(${channel}, notice) FROM unnest(${[...notices]}::text[]) AS n(notice)`
