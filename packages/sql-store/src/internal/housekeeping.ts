import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** How often tables are looked at: as often as PostgreSQL's autovacuum looks at each database. */
const interval = "1 minute"

/** Rows that have changed since the last time, and their share of a table, from which on it is due: as autovacuum has it for `ANALYZE`. */
const [rows, share] = [50, 0.1]

/**
 * Does what autovacuum does on a server, for a database that has none: takes dead rows away, tells the planner what tables
 * hold, and lets counts read indexes alone. One table at a time, so that nothing waits for longer than for one of them.
 */
export const housekeeping = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // A kill loses the counts of changes, so a table that was never analyzed is due with whatever it holds.
  const once = Effect.gen(function* () {
    const due = yield* sql<{ name: string }>`
      SELECT format('%I.%I', s.schemaname, s.relname) AS name FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
      WHERE s.n_mod_since_analyze > ${rows} + ${share}::float8 * s.n_live_tup
        OR (c.reltuples < 0 AND pg_relation_size(c.oid) > 0)`
    // PGlite can't stop what it has begun.
    const clean = ({ name }: { readonly name: string }) =>
      Effect.uninterruptible(sql.unsafe(`VACUUM (ANALYZE) ${name}`))
    yield* Effect.forEach(due, clean, { discard: true })
  })
  yield* once.pipe(
    Effect.catchCause((cause) =>
      Effect.logWarning("The database's housekeeping failed and will be tried again", cause)
    ),
    Effect.delay(interval),
    Effect.forever
  )
})
