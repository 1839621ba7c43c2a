import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted, Ref, Schedule, Stream } from "effect"
import { SqlClient } from "effect/sql"

/** What a server has done so far. */
export interface Reading {
  /** Transactions that have written. Whatever only reads gets no number. */
  readonly commits: number
  /** Flushes of the log to disk, by whichever process. */
  readonly fsyncs: number
}

const one = (url: string) => PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })

/** The address of a new database on the server. */
export const emptyDatabase = (server: string, name: string) =>
  SqlClient.SqlClient.use((sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE template0`.unprepared).pipe(
    Effect.as(Object.assign(new URL(server), { pathname: name }).href),
    Effect.provide(one(server)),
    Effect.orDie
  )

/** What a server does by the clock is more for each deploy where the machine is slow. */
export const stopClockwork = (url: string) =>
  SqlClient.SqlClient.use((sql) =>
    Effect.gen(function* () {
      yield* sql`ALTER SYSTEM SET autovacuum = off`.unprepared
      yield* sql`ALTER SYSTEM SET wal_writer_delay = '10s'`.unprepared
      yield* sql`SELECT pg_reload_conf()`
    })
  ).pipe(Effect.provide(one(url)), Effect.orDie)

/** Listens as another node does, and says how many notifications have come. */
export const heard = Effect.fnUntraced(function* (url: string) {
  const count = yield* Ref.make(0)
  const pg = yield* PgClient.PgClient.pipe(Effect.provide(yield* Layer.build(one(url))))
  const channel = "deploys_changes"
  const payloads = yield* pg.listen(channel)
  // A node that hears of no other falls silent.
  const answer = yield* PgClient.PgClient.pipe(Effect.provide(yield* Layer.build(one(url))))
  yield* Effect.forkScoped(
    Stream.runForEach(Stream.fromQueue(payloads), ({ payload }) =>
      payload.includes('"greets":true')
        ? Effect.ignore(answer.notify(channel, '{"from":"the meter","hints":[]}'))
        : Ref.update(count, (n) => n + 1)
    )
  )
  return Ref.get(count)
})

/** The counts of a server whose nodes have stopped: what a backend did is counted for sure once it has ended. */
export const read = (url: string): Effect.Effect<Reading> =>
  SqlClient.SqlClient.use((sql) =>
    Effect.gen(function* () {
      const nodes = sql`SELECT pid FROM pg_stat_activity WHERE application_name = 'deploys'`
      yield* Effect.repeat(nodes, { schedule: Schedule.spaced("50 millis"), while: (rows) => rows.length > 0 })
      const [row] = yield* sql<Reading>`
        SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int AS commits,
          (SELECT sum(fsyncs)::int FROM pg_stat_io WHERE object = 'wal') AS fsyncs`
      return row ?? (yield* Effect.die("the server tells nothing"))
    })
  ).pipe(Effect.provide(one(url)), Effect.orDie)

/** What was done between two readings, for each of so many deploys. */
export const perDeploy = (before: Reading, after: Reading, deploys: number): Reading => ({
  commits: (after.commits - before.commits) / deploys,
  fsyncs: (after.fsyncs - before.fsyncs) / deploys
})
