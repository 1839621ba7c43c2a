import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { randomBytes } from "node:crypto"
import type { TestProject } from "vitest/node"
import { startCluster } from "./cluster.ts"

/** What the tests are told about PostgreSQL: where it is and the run's own word in database names, or why there is none. */
export type PostgresForTests = { readonly url: string; readonly run: string } | { readonly missing: string }

declare module "vitest" {
  interface ProvidedContext {
    postgres: PostgresForTests
  }
}

/** One PostgreSQL for the whole run: `DATABASE_URL` where it is set, else one that starts and ends with the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = randomBytes(4).toString("hex")
  const given = process.env["DATABASE_URL"]
  if (given !== undefined && given !== "") {
    project.provide("postgres", { url: given, run })
    return () => Effect.runPromise(dropLeftovers(given, run))
  }
  try {
    const cluster = await startCluster()
    project.provide("postgres", { url: cluster.url, run })
    return cluster.stop
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    project.provide("postgres", { missing: reason })
    return async () => announce(reason)
  }
}

/** Templates, and what a killed test file left behind, in a server that outlives the run. */
const dropLeftovers = (url: string, run: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ datname: string }>`
      SELECT datname FROM pg_database WHERE starts_with(datname, ${`deploys_test_${run}_`})`
    for (const { datname } of rows) yield* sql`DROP DATABASE IF EXISTS ${sql(datname)} WITH (FORCE)`
  }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })))

/** Tests that did not run must not look like tests that passed. */
function announce(reason: string) {
  const line = "=".repeat(100)
  console.error(`\n${line}\nNOT RUN: PostgreSQL tests (${reason.trim()})\n${line}\n`)
  if (process.env["CI"]) process.exitCode = 1
}
