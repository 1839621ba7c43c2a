import { PgClient } from "@effect/sql-pg"
import { Effect, ManagedRuntime, Redacted } from "effect"
import { SqlClient } from "effect/sql"

/** What a PostgreSQL has done since it started. */
export interface Counters {
  /** Commits in the database, also of transactions that only read. */
  readonly commits: number
  /** Transactions that wrote. */
  readonly writes: number
  /** Times that the log was flushed to disk. */
  readonly fsyncs: number
}

const create = (url: string, name: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql.unsafe(`CREATE DATABASE ${name}`)
    const address = new URL(url)
    address.pathname = name
    return address.href
  })

const drop = (name: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(`DROP DATABASE ${name} WITH (FORCE)`))

const count = (name: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql<Counters>`
      SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = ${name})::float8 AS commits,
        pg_snapshot_xmax(pg_current_snapshot())::text::float8 AS writes,
        (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal')::float8 AS fsyncs`
  )

/** A connection to the server besides, for making databases and for counting. */
export const openServer = (url: string) => {
  const runtime = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 }))
  return {
    /** Makes a database and answers with its address. */
    create: (name: string) => runtime.runPromise(create(url, name)),
    drop: (name: string) => runtime.runPromise(drop(name)),
    count: async (name: string): Promise<Counters> => {
      const [counters] = await runtime.runPromise(count(name))
      return counters ?? { commits: 0, writes: 0, fsyncs: 0 }
    }
  }
}
