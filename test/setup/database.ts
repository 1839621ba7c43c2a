import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import type { Scope } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import { randomBytes } from "node:crypto"
import { inject } from "vitest"

/** Something that many test files start from, such as a migrated schema: made once in a run and then copied. */
export interface Template {
  /** Lower-case letters, digits and `_`; the same name is the same template in all files of a run. */
  readonly name: string
  readonly prepare: (url: string) => Effect.Effect<void, unknown>
}

const postgres = inject("postgres")

/** Whether this run has a PostgreSQL: `describe.skipIf(!available)`. The run itself says aloud when there is none. */
export const available = "url" in postgres

/** The address of an empty database (or a copy of the template) that goes with the scope, connections or not. */
export const fresh = (template?: Template): Effect.Effect<string, SqlError.SqlError, Scope.Scope> =>
  Effect.acquireRelease(create(template), (url) => Effect.orDie(drop(url)))

const create = Effect.fnUntraced(function* (template: Template | undefined) {
  const source = template === undefined ? "template0" : yield* ready(template)
  return yield* copy(source, `${prefix()}${randomBytes(6).toString("hex")}`)
})

const drop = (url: string) =>
  asAdmin((sql) => sql`DROP DATABASE IF EXISTS ${sql(new URL(url).pathname.slice(1))} WITH (FORCE)`)

const copy = Effect.fnUntraced(function* (source: string, name: string) {
  yield* asAdmin((sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(source)}`)
  return addressOf(name)
})

/** Test files run in processes of their own: the lock lets the first one prepare while the others wait for it. */
const ready = Effect.fnUntraced(function* (template: Template) {
  const name = `${prefix()}template_${template.name}`
  yield* asAdmin((sql) =>
    Effect.gen(function* () {
      yield* sql`SELECT pg_advisory_lock(hashtextextended(${name}, 0))`
      const existing = yield* sql`SELECT 1 FROM pg_database WHERE datname = ${name}`
      if (existing.length > 0) return
      const draft = `${name}_draft`
      yield* sql`DROP DATABASE IF EXISTS ${sql(draft)} WITH (FORCE)`
      yield* sql`CREATE DATABASE ${sql(draft)} TEMPLATE template0`
      yield* Effect.orDie(template.prepare(addressOf(draft)))
      yield* sql`ALTER DATABASE ${sql(draft)} RENAME TO ${sql(name)}`
    })
  )
  return name
})

/** One connection for one piece of work; a session lock ends with it. */
const asAdmin = <A, E>(use: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
  Effect.flatMap(SqlClient.SqlClient, use).pipe(
    Effect.provide(PgClient.layer({ url: Redacted.make(found().url), maxConnections: 1 }))
  )

const addressOf = (database: string) => {
  const url = new URL(found().url)
  url.pathname = `/${database}`
  return url.href
}

const prefix = () => `deploys_test_${found().run}_`

function found() {
  if ("url" in postgres) return postgres
  throw new Error(`There is no PostgreSQL in this run: ${postgres.missing}`)
}
