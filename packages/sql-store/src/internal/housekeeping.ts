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
  const once = Effect.gen(function* () {
    const due = yield* sql<{ name: string }>`
      SELECT format('%I.%I', schemaname, relname) AS name FROM pg_stat_user_tables
      WHERE n_mod_since_analyze > ${rows} + ${share}::float8 * n_live_tup`
    yield* Effect.forEach(due, ({ name }) => sql.unsafe(`VACUUM (ANALYZE) ${name}`), { discard: true })
  })
  yield* once.pipe(
    Effect.catchCause((cause) =>
      Effect.logWarning("The database's housekeeping failed and will be tried again", cause)
    ),
    Effect.delay(interval),
    Effect.forever
  )
})
