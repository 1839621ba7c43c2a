import type { TestProject } from "vitest/node"
import { startCluster } from "./cluster.ts"

/** What the tests are told about PostgreSQL: where it is, or why there is none. */
export type PostgresForTests = { readonly url: string } | { readonly missing: string }

declare module "vitest" {
  interface ProvidedContext {
    postgres: PostgresForTests
  }
}

/** Provides one PostgreSQL for the whole run: `DATABASE_URL` where it is set, else one that starts and ends with the run. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env["DATABASE_URL"]
  if (given !== undefined && given !== "") {
    project.provide("postgres", { url: given })
    return undefined
  }
  try {
    const cluster = await startCluster()
    project.provide("postgres", { url: cluster.url })
    return cluster.stop
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    project.provide("postgres", { missing: reason })
    return async () => announce(reason)
  }
}

/** Tests that did not run must not look like tests that passed. */
function announce(reason: string) {
  const line = "=".repeat(100)
  console.error(`\n${line}\nNOT RUN: PostgreSQL tests (${reason.trim()})\n${line}\n`)
  if (process.env["CI"]) process.exitCode = 1
}
