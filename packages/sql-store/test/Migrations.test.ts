import { PGlite } from "@electric-sql/pglite"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as Database from "../../../test/setup/database.ts"
import { DatabaseSchema, Migrations, SchemaName } from "../src/index.ts"
import { installedDump } from "../src/internal/pgliteDump.ts"

const client = (url: string, options: Partial<PgClient.PgPoolConfig> = {}) =>
  PgClient.layer({ url: Redacted.make(url), maxConnections: 2, ...options })

/** Runs with a client of its own, on an empty database unless told which. */
const on = (url: string) => Effect.provide(client(url))

const migrate = (url: string) => Migrations.migrate.pipe(on(url))

const ask = (url: string, text: string) => SqlClient.SqlClient.use((sql) => sql.unsafe(text)).pipe(on(url))

const shape = (url: string) =>
  ask(
    url,
    `SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name FROM information_schema.columns
     WHERE table_schema = 'deploys' ORDER BY table_name, ordinal_position`
  )

const applied = (url: string) => ask(url, `SELECT id, name FROM deploys.migrations ORDER BY id`)

const everything = Migrations.all.map(({ id, name }) => ({ id, name }))

describe("the migrations", () => {
  it("are numbered without gaps, so that the last number says what a database has", () => {
    assert.deepStrictEqual(
      Migrations.all.map(({ id }) => id),
      Migrations.all.map((_, index) => index + 1)
    )
  })
})

describe.skipIf(!Database.available)("migrating", () => {
  it.effect("brings an empty database up to date, and a second time changes nothing", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      yield* migrate(url)
      assert.deepStrictEqual(yield* applied(url), everything)
      const before = yield* shape(url)
      yield* migrate(url)
      assert.deepStrictEqual(yield* shape(url), before)
      assert.deepStrictEqual(yield* applied(url), everything)
    })
  )

  it.effect("may be done by ten processes at once", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      yield* Effect.all(
        Array.from({ length: 10 }, () => migrate(url)),
        { concurrency: "unbounded", discard: true }
      )
      assert.deepStrictEqual(yield* applied(url), everything)
    })
  )

  it.effect("goes on after it was killed in the middle", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      yield* ask(
        url,
        `CREATE FUNCTION dawdle() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); END $$`
      )
      yield* ask(
        url,
        `CREATE EVENT TRIGGER dawdle ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION dawdle()`
      )
      const victim = yield* Effect.forkChild(migrate(url), { startImmediately: true })
      yield* killAsleep(url)
      assert.strictEqual((yield* Effect.flip(Fiber.join(victim)))._tag, "SqlError")
      yield* ask(url, `DROP EVENT TRIGGER dawdle`)
      assert.deepStrictEqual(yield* shape(url), [])
      yield* migrate(url)
      assert.deepStrictEqual(yield* applied(url), everything)
    })
  )

  it.effect("refuses a database of a newer version and leaves it alone", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      yield* migrate(url)
      const next = Migrations.all.length + 1
      yield* ask(url, `INSERT INTO deploys.migrations (id, name) VALUES (${next}, 'from_the_future')`)
      const error = yield* Effect.flip(migrate(url))
      if (error._tag !== "DatabaseRefused") return assert.fail(error._tag)
      assert.strictEqual(error.reason, "newer")
      assert.include(error.message, String(next))
      assert.deepStrictEqual(yield* applied(url), [...everything, { id: next, name: "from_the_future" }])
    })
  )

  it.effect("refuses a database whose text is not UTF8", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      const other = new URL(url)
      other.pathname += "_ascii"
      const name = other.pathname.slice(1)
      // PostgreSQL 14 has one provider, and no word for it.
      const provider = "attrelid = 'pg_database'::regclass AND attname = 'datlocprovider'"
      const columns = yield* ask(url, `SELECT FROM pg_attribute WHERE ${provider}`)
      const locale = `${columns.length > 0 ? "LOCALE_PROVIDER libc " : ""}LC_COLLATE 'C' LC_CTYPE 'C'`
      yield* Effect.acquireRelease(
        ask(url, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'SQL_ASCII' ${locale}`),
        () => Effect.orDie(ask(url, `DROP DATABASE ${name} WITH (FORCE)`))
      )
      const error = yield* Effect.flip(migrate(other.href))
      if (error._tag !== "DatabaseRefused") return assert.fail(error._tag)
      assert.strictEqual(error.reason, "encoding")
      assert.include(error.message, "SQL_ASCII")
    })
  )

  it.effect("uses the schema that it is given, whatever its name", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      const schema = SchemaName.make(`Odd "name".é';--`)
      yield* migrate(url).pipe(Effect.provideService(DatabaseSchema, schema))
      const schemas = yield* ask(
        url,
        `SELECT DISTINCT table_schema AS name FROM information_schema.tables
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`
      )
      assert.deepStrictEqual(schemas, [{ name: schema }])
      yield* migrate(url)
      yield* migrate(url).pipe(Effect.provideService(DatabaseSchema, schema))
      assert.deepStrictEqual(yield* applied(url), everything)
    })
  )

  it.effect("only reads where nothing is left to do, so that a role without rights can start", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      yield* migrate(url)
      const role = `reader_${new URL(url).pathname.slice(-12)}`
      yield* Effect.acquireRelease(ask(url, `CREATE ROLE ${role}`), () =>
        Effect.orDie(Effect.andThen(ask(url, `DROP OWNED BY ${role}`), ask(url, `DROP ROLE ${role}`)))
      )
      yield* ask(url, `GRANT USAGE ON SCHEMA deploys TO ${role}`)
      yield* ask(url, `GRANT SELECT ON deploys.migrations TO ${role}`)
      yield* Effect.provide(Migrations.migrate, client(url, { startupOptions: `-c role=${role}` }))
    })
  )
})

describe("the script of all migrations", () => {
  it.live("does by hand what migrating does", () =>
    Effect.gen(function* () {
      const tar = Option.getOrThrow(yield* installedDump)
      const database = yield* Effect.acquireRelease(
        Effect.promise(() => PGlite.create({ loadDataDir: new Blob([tar], { type: "application/x-tar" }) })),
        (database) => Effect.promise(() => database.close())
      )
      const schema = SchemaName.make("by hand")
      yield* Effect.promise(() => database.exec(Migrations.script(schema)))
      const { rows } = yield* Effect.promise(() =>
        database.query(`SELECT id, name FROM "by hand".migrations ORDER BY id`)
      )
      assert.deepStrictEqual(rows, everything)
    })
  )
})

/** Ends the session that sleeps in the database of this address, as soon as there is one. */
const killAsleep = (url: string) =>
  ask(
    url,
    `SELECT pg_terminate_backend(pid) AS killed FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event = 'PgSleep'`
  ).pipe(
    Effect.flatMap((rows) => (rows.length === 1 ? Effect.void : Effect.fail("nobody sleeps yet"))),
    Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 200 }),
    TestClock.withLive
  )
