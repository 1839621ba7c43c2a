import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../setup/database.ts"

const ask = <A, E>(url: string, use: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
  Effect.flatMap(SqlClient.SqlClient, use).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(url) })))

const withTable: Database.Template = {
  name: "with_table",
  prepare: (url) => ask(url, (sql) => sql`CREATE TABLE things (id int)`)
}

describe.skipIf(!Database.available)("a database for a test file", () => {
  it.effect("is UTF8 and sorts by a language unless told otherwise", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      const rows = yield* ask(
        url,
        (sql) =>
          sql`SELECT current_setting('server_encoding') AS encoding, 'a' < 'B' AS language, 'a' < 'B' COLLATE "C" AS code`
      )
      assert.deepStrictEqual(rows, [{ encoding: "UTF8", language: true, code: false }])
    })
  )

  it.effect("is a copy of its template that others do not share", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([Database.fresh(withTable), Database.fresh(withTable)], {
        concurrency: "unbounded"
      })
      yield* ask(one, (sql) => sql`INSERT INTO things VALUES (1)`)
      assert.deepStrictEqual(yield* ask(other, (sql) => sql`SELECT * FROM things`), [])
    })
  )

  it.effect("is gone when its scope ends, even while it is in use", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(Database.fresh())
      assert.strictEqual((yield* Effect.flip(ask(url, (sql) => sql`SELECT 1`)))._tag, "SqlError")
    })
  )
})
