// Makes the deploys that ours is to run, each of an entity of its own.
import { BuildId, DeployId, DeployStore, EntityId, IdGenerator, WorkspaceId } from "@deploys/core"
import { Postgres, SqlStore } from "@deploys/sql-store"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const count = Number(process.env["COUNT"])

const prepare = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const store = yield* DeployStore
  const ids = yield* IdGenerator
  yield* sql`INSERT INTO deploys.workspaces (id, name) SELECT 'ws_' || n, 'ws ' || n FROM generate_series(0, 9) n`
  yield* sql`INSERT INTO deploys.entities (id, workspace_id, kind, name)
    SELECT 'app_' || n, 'ws_' || n % 10, 'app', 'app-' || n FROM generate_series(0, ${count - 1}::int) n`
  yield* sql`INSERT INTO deploys.versions (id, entity_id, name, is_default)
    SELECT 'ver_' || n, 'app_' || n, 'main', true FROM generate_series(0, ${count - 1}::int) n`
  yield* sql`INSERT INTO deploys.builds (id, version_id, status, artifact, completed_at)
    SELECT 'bld_' || n, 'ver_' || n, 'completed', 'memory:' || n, now() FROM generate_series(0, ${count - 1}::int) n`
  const insert = Effect.fnUntraced(function* (n: number) {
    yield* store.insert({
      id: DeployId.make(yield* ids.next("dep")),
      workspaceId: WorkspaceId.make(`ws_${n % 10}`),
      entityId: EntityId.make(`app_${n}`),
      buildId: BuildId.make(`bld_${n}`),
      trigger: "manual",
      sourceEventId: null,
      metadata: {},
      createdBy: "bench"
    })
  })
  yield* Effect.forEach(
    Array.from({ length: count }, (_, n) => n),
    insert,
    { concurrency: 8, discard: true }
  )
  // As after any bulk load: without it the planner knows nothing of the tables. Not of those that are still empty: told that
  // a table has no rows, the planner reads it whole until it is told otherwise, which autovacuum does a minute later.
  yield* sql`ANALYZE deploys.workspaces, deploys.entities, deploys.versions, deploys.builds, deploys.lanes, deploys.deploys`
})

const database = Postgres.layer({ url: Redacted.make(process.env["DATABASE_URL"] ?? ""), maxConnections: 8 })

await Effect.runPromise(prepare.pipe(Effect.provide(SqlStore.layer), Effect.provide(database)))
