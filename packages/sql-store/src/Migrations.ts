import { Effect, Layer, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { DatabaseSchema, type SchemaName } from "./DatabaseSchema.ts"
import { quoted } from "./internal/identifiers.ts"
import { readCommitted } from "./internal/transaction.ts"
import { init } from "./migrations/0001_init.ts"
import { completed } from "./migrations/0002_completed.ts"
import { places } from "./migrations/0003_places.ts"
import { rareStatuses } from "./migrations/0004_rare_statuses.ts"
import { deletions } from "./migrations/0005_deletions.ts"

/** One step forward of the database: plain statements, so that they can also be printed and run by hand. */
export interface Migration {
  readonly id: number
  readonly name: string
  /** The statements, given the schema as a quoted identifier. */
  readonly statements: (schema: string) => ReadonlyArray<string>
}

/** Every migration of this version, numbered 1, 2, 3 … */
export const all: ReadonlyArray<Migration> = [init, completed, places, rareStatuses, deletions]

/** A database that this version can't work on. Nothing was changed. */
export class DatabaseRefused extends Schema.TaggedError<DatabaseRefused>()("DatabaseRefused", {
  /** `encoding`: it is not UTF8. `newer`: a later version of this package has migrated it. */
  reason: Schema.Literals(["encoding", "newer"]),
  message: Schema.String
}) {}

/**
 * Brings the database up to date: each migration in a transaction of its own, under an advisory lock, and none twice.
 *
 * Any number of processes may do this at once, and any of them be killed: the next one goes on. A database that is up to
 * date already is only read, so that a role without the right to create tables can start.
 */
export const migrate: Effect.Effect<void, DatabaseRefused | SqlError.SqlError, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const schema = yield* DatabaseSchema
    yield* refuseEncoding(sql)
    if ((yield* applied(sql, schema)) >= all.length) return
    yield* Effect.forEach(all, (migration) => readCommitted(sql, step(sql, schema, migration)), { discard: true })
  }
)

/** Migrates when the layer is built. */
export const layer: Layer.Layer<never, DatabaseRefused | SqlError.SqlError, SqlClient.SqlClient> =
  Layer.effectDiscard(migrate)

/** All migrations as one SQL script for `psql`, for those who run DDL themselves. */
export const script = (schema: SchemaName): string =>
  [
    "BEGIN",
    lock(schema),
    createSchema(schema),
    createTable(schema),
    ...all.flatMap((migration) => text(schema, migration)),
    "COMMIT",
    ""
  ].join(";\n")

const step = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, schema: SchemaName, migration: Migration) {
  yield* sql.unsafe(lock(schema)).unprepared
  if ((yield* applied(sql, schema)) >= migration.id) return
  const first = migration.id === 1 ? yield* foundation(sql, schema) : []
  yield* Effect.forEach([...first, ...text(schema, migration)], (statement) => sql.unsafe(statement).unprepared, {
    discard: true
  })
})

/** A role may own a schema that it could not have created, and `IF NOT EXISTS` asks for the right to create all the same. */
const foundation = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, schema: SchemaName) {
  const found = yield* sql`SELECT 1 FROM pg_namespace WHERE nspname = ${schema}`
  return [...(found.length === 0 ? [createSchema(schema)] : []), createTable(schema)]
})

/** The lock ends with its transaction, so a kill can't leave it behind, and a connection pooler may stand between. */
const lock = (schema: SchemaName) =>
  `SELECT pg_advisory_xact_lock(hashtextextended(${quotedText(`deploys.migrations ${schema}`)}, 0))`

const createSchema = (schema: SchemaName) => `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`

const createTable = (schema: SchemaName) => `CREATE TABLE IF NOT EXISTS ${quoted(schema)}.migrations (
  id integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`

const text = (schema: SchemaName, { id, name, statements }: Migration) => [
  ...statements(quoted(schema)),
  `INSERT INTO ${quoted(schema)}.migrations (id, name) VALUES (${id}, ${quotedText(name)})`
]

/**
 * The number of the last migration that the database has; 0 if it has none.
 *
 * The table is looked for in the catalog's rows: `to_regclass` answers from a cache that may be from before the lock.
 */
const applied = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, schema: SchemaName) {
  const table = `${quoted(schema)}.migrations`
  const found = yield* sql`SELECT 1 FROM pg_tables WHERE schemaname = ${schema} AND tablename = 'migrations'`
  if (found.length === 0) return 0
  const rows = yield* sql<{ id: number }>`SELECT coalesce(max(id), 0) AS id FROM ${sql.literal(table)}`
  const id = rows[0]?.id ?? 0
  if (id <= all.length) return id
  return yield* new DatabaseRefused({
    reason: "newer",
    message: `The database has migration ${id} in schema ${schema}, and this version knows ${all.length}: run the newer version`
  })
})

const refuseEncoding = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const rows = yield* sql<{ encoding: string }>`SELECT current_setting('server_encoding') AS encoding`
  const encoding = rows[0]?.encoding
  if (encoding === "UTF8") return
  return yield* new DatabaseRefused({
    reason: "encoding",
    message: `The database's encoding is ${encoding}, and text here needs UTF8: create it with ENCODING 'UTF8' TEMPLATE template0`
  })
})

const quotedText = (value: string) => `'${value.replaceAll("'", "''")}'`
