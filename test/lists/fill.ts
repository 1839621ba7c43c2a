import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Rows go in several times faster where no index and no check of references is in their way. */
const withoutIndexes = Effect.fnUntraced(function* <E, R>(load: Effect.Effect<void, E, R>) {
  const sql = yield* SqlClient.SqlClient
  const indexes = yield* sql<{ name: string; definition: string }>`
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i
    WHERE i.indrelid IN ('deploys.deploys'::regclass, 'deploys.deploy_steps'::regclass)
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`
  for (const { name } of indexes) yield* sql.unsafe(`DROP INDEX ${name}`)
  yield* sql`ALTER TABLE deploys.deploys DISABLE TRIGGER ALL`
  yield* load
  yield* sql`ALTER TABLE deploys.deploys ENABLE TRIGGER ALL`
  for (const { definition } of indexes) yield* sql.unsafe(definition)
})

/**
 * So many deploys, the same ones each time: 26 of 50 in the workspace `ws_0`, the others spread over `ws_1` to `ws_24`, each
 * workspace with 40 entities or more. One in 50 is pending, one in 8 failed; times lie half a minute apart, with microseconds.
 */
export const fill = Effect.fnUntraced(function* (rows: number) {
  const sql = yield* SqlClient.SqlClient
  const entities = sql.literal(
    "(SELECT 'app_' || e % 50 || '_' || e / 50 AS entity, 'ws_' || greatest(0, e % 50 - 25) AS workspace FROM generate_series(0, 1999) e) e"
  )
  yield* sql`INSERT INTO deploys.workspaces (id, name) SELECT 'ws_' || w, 'Workspace ' || w FROM generate_series(0, 24) w`
  yield* sql`INSERT INTO deploys.entities (id, workspace_id, kind, name)
    SELECT entity, workspace, 'app', replace(entity, '_', '-') FROM ${entities}`
  yield* sql`INSERT INTO deploys.versions (id, entity_id, name, is_default) SELECT 'ver_' || entity, entity, 'main', true FROM ${entities}`
  yield* sql`INSERT INTO deploys.builds (id, version_id, status, branch, completed_at)
    SELECT 'bld_' || n, 'ver_app_' || n % 50 || '_' || n / 50 % 40, 'completed', 'main', now()
    FROM generate_series(0, ${Math.ceil(rows / 4)}::int) n`
  yield* sql`INSERT INTO deploys.lanes (entity_id, workspace_id, last_sequence) SELECT entity, workspace, ${rows} FROM ${entities}`
  yield* withoutIndexes(
    Effect.gen(function* () {
      yield* sql`INSERT INTO deploys.deploys (id, workspace_id, entity_id, sequence_number, build_id, status, trigger, source_event_id,
      production_url, preview_url, error, metadata, created_by, started_at, completed_at, created_at, failure_code, moved_at)
    SELECT 'dep_' || lpad(n::text, 26, '0'), 'ws_' || greatest(0, n % 50 - 25), app, n / 2000 + 1, 'bld_' || n / 4, status,
      CASE n % 3 WHEN 0 THEN 'auto' WHEN 1 THEN 'manual' ELSE 'rollback' END,
      CASE n % 3 WHEN 0 THEN 'evt_' || n END,
      CASE status WHEN 'completed' THEN 'https://' || app || '.example.com' END,
      CASE status WHEN 'completed' THEN 'https://' || n || '.' || app || '.example.com' END,
      CASE status WHEN 'failed' THEN 'The step "upload" failed: 502' END,
      jsonb_build_object('branch', 'feature/' || n % 97, 'commit', md5(n::text), 'attempt', n % 5, 'tags', jsonb_build_array('web', n % 7)),
      'user-' || n % 31 || '@example.com',
      CASE WHEN status <> 'pending' THEN at + interval '1.5 seconds' END,
      CASE WHEN status <> 'pending' THEN at + interval '20 seconds' + n % 1013 * interval '0.61 seconds' END,
      at, CASE status WHEN 'failed' THEN 'step_failed' END, at
    FROM generate_series(0, ${rows - 1}::int) n,
      LATERAL (SELECT 'app_' || n % 50 || '_' || n / 50 % 40 AS app,
        timestamptz '2026-01-01 00:00:00Z' + n * interval '30 seconds' + n::bigint * 7919 % 1000000 * interval '1 microsecond' AS at,
        CASE WHEN n::bigint * 2654435761 % 1000 < 20 THEN 'pending' WHEN n::bigint * 2654435761 % 1000 < 145 THEN 'failed' ELSE 'completed' END AS status) d`
      yield* sql`INSERT INTO deploys.deploy_steps (id, deploy_id, index, name, status, cancellation, undoable)
    SELECT 'stp_' || lpad((2 * n + i)::text, 26, '0'), 'dep_' || lpad(n::text, 26, '0'), i, 'step ' || i,
      CASE WHEN i = 1 AND n % 100 = 7 THEN 'failed' ELSE 'completed' END, 'interrupt', false
    FROM generate_series(0, ${Math.min(rows / 4, 100_000) - 1}::int) n, generate_series(0, 1) i`
    })
  )
  yield* sql`VACUUM (ANALYZE) deploys.deploys, deploys.deploy_steps, deploys.builds, deploys.versions, deploys.entities, deploys.workspaces`
})
