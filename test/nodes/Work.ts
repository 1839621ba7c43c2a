import {
  BuildId,
  DeployId,
  DeployRunner,
  DeployStore,
  EntityId,
  FiberDispatcher,
  IdGenerator,
  LiveEvents,
  type RunnerSettings,
  runnerOptions,
  type Step,
  WorkspaceId
} from "@deploys/core"
import { ScriptedTarget } from "@deploys/core/testing"
import { Postgres, SqlCatalog, SqlStore } from "@deploys/sql-store"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"

const database = (url: string) => Postgres.layer({ url: Redacted.make(url) })

/** Catalog and deploys of so many entities in ten workspaces, one deploy each, which nobody runs yet. */
export const fill = (url: string, count: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const store = yield* DeployStore
    yield* sql`INSERT INTO deploys.workspaces (id, name) SELECT 'ws_' || n, 'ws' FROM generate_series(0, 9) n`
    yield* sql`INSERT INTO deploys.entities (id, workspace_id, kind, name)
      SELECT 'app_' || n, 'ws_' || n % 10, 'app', 'app-' || n FROM generate_series(1, ${count}) n`
    yield* sql`INSERT INTO deploys.versions (id, entity_id, name, is_default)
      SELECT 'ver_' || n, 'app_' || n, 'main', true FROM generate_series(1, ${count}) n`
    yield* sql`INSERT INTO deploys.builds (id, version_id, status, artifact)
      SELECT 'bld_' || n, 'ver_' || n, 'completed', 'art' FROM generate_series(1, ${count}) n`
    yield* Effect.forEach(
      Array.from({ length: count }, (_, index) => index + 1),
      Effect.fnUntraced(function* (n) {
        return yield* store.insert({
          id: DeployId.make(yield* (yield* IdGenerator).next("dep")),
          workspaceId: WorkspaceId.make(`ws_${n % 10}`),
          entityId: EntityId.make(`app_${n}`),
          buildId: BuildId.make(`bld_${n}`),
          trigger: "manual",
          sourceEventId: null,
          metadata: {},
          createdBy: "ada"
        })
      }),
      { concurrency: 8, discard: true }
    )
  }).pipe(Effect.provide(Layer.provideMerge(SqlStore.layer, database(url))))

/** A node that runs what is there, and tells other nodes of what it does. */
export const node = (url: string, settings: Partial<RunnerSettings>, ...steps: ReadonlyArray<Step<unknown>>) =>
  FiberDispatcher.layer.pipe(
    Layer.provide(DeployRunner.layer),
    Layer.provide([
      runnerOptions(settings),
      LiveEvents.layer,
      ScriptedTarget.layer(...steps),
      SqlCatalog.layer,
      SqlStore.layerPostgres
    ]),
    Layer.provide(database(url)),
    Layer.fresh
  )

/** Waits until every deploy has completed. */
export const untilCompleted = (url: string) =>
  SqlClient.SqlClient.use((sql) =>
    Effect.gen(function* () {
      const rows = yield* sql`SELECT id FROM deploys.deploys WHERE status <> 'completed' LIMIT 1`
      if (rows.length > 0) return yield* Effect.fail("not yet")
    }).pipe(Effect.retry({ schedule: Schedule.spaced("50 millis"), while: (error) => error === "not yet" }))
  ).pipe(Effect.provide(database(url)))
