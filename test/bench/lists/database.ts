import { Postgres } from "@deploys/sql-store"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { startCluster } from "../../setup/cluster.ts"
import { fill } from "../../lists/fill.ts"
import { parentOf } from "./processes.ts"

const ready = Effect.fnUntraced(function* (rows: number) {
  const sql = yield* SqlClient.SqlClient
  const [found] = yield* sql<{ n: number }>`SELECT count(*)::int AS n FROM deploys.deploys`
  if (found?.n === 0) yield* fill(rows)
  else if (found?.n !== rows) return yield* Effect.die(new Error(`There are ${found?.n} deploys, not ${rows}`))
  const [server] = yield* sql<{ pid: number; version: string }>`
    SELECT pg_backend_pid() AS pid, 'PostgreSQL ' || current_setting('server_version') AS version`
  return { postmaster: parentOf(server?.pid ?? 0), version: server?.version ?? "" }
})

/** As for a machine of its own with an SSD; queries this short gain nothing from being compiled. */
const settings = { jit: "off", random_page_cost: "1.1", shared_buffers: "1GB" }

/** A PostgreSQL with so many deploys: the one of `DATABASE_URL`, or one of its own that goes with `stop`. */
export const openDatabase = async (rows: number) => {
  const given = process.env["DATABASE_URL"]
  const cluster = given === undefined ? await startCluster({ settings }) : { url: given, stop: async () => {} }
  const found = await Effect.runPromise(
    ready(rows).pipe(Effect.provide(Postgres.layer({ url: Redacted.make(cluster.url), maxConnections: 1 })))
  )
  return { ...cluster, ...found }
}
