import { Deploy, type InsertOptions, type NewDeploy } from "@deploys/core"
import type { Database } from "../internal/Database.ts"
import { storedJson } from "../internal/storedJson.ts"
import { columns, iso } from "../Rows.ts"

/**
 * Numbers and adds a pending deploy under its lane's lock. No row where the id is there already; where another one adds it at
 * the same time, the id's key is violated and nothing is changed.
 */
export const insertDeploy = (db: Database, deploy: NewDeploy, options: InsertOptions = {}) => {
  const { sql, table } = db
  return sql`
  WITH lane AS (${numberDeploy(db, deploy, options)}
  ), numbered AS MATERIALIZED (
    SELECT last_sequence, clock_timestamp() AS at FROM lane
  ), added AS (
    INSERT INTO ${table("deploys")} (
      id, workspace_id, entity_id, sequence_number, build_id, status, trigger, source_event_id, metadata, created_by,
      created_at, moved_at, last_event
    )
    SELECT ${deploy.id}, ${deploy.workspaceId}, ${deploy.entityId}, last_sequence, ${deploy.buildId}, 'pending',
      ${deploy.trigger}, ${deploy.sourceEventId}, ${storedJson(deploy.metadata)}::jsonb, ${deploy.createdBy}, at, at, 1
    FROM numbered
    RETURNING *
  ), event AS (
    INSERT INTO ${table("deploy_events")} (deploy_id, sequence, epoch, type, at, data)
    SELECT id, 1, 0, 'deploy.created', created_at, jsonb_build_object(
      'by', created_by, 'trigger', trigger, 'buildId', build_id, 'sequenceNumber', sequence_number
    )
    FROM added
  )
  SELECT ${columns(sql, "d", Deploy.fields)} FROM added d`
}

const numberDeploy = (
  { sql, table }: Database,
  { entityId, id, trigger, workspaceId }: NewDeploy,
  { hold, queuePolicy = "queue" }: InsertOptions
) => {
  const present = sql.literal(iso("clock_timestamp()"))
  return sql`
    INSERT INTO ${table("lanes")} AS l
      (entity_id, workspace_id, last_sequence, waiting, waiting_auto, ready_at, hold, hold_sequence, queue_policy)
    SELECT ${entityId}, ${workspaceId}, 1, 1, (${trigger} = 'auto')::int, clock_timestamp(),
      hold || jsonb_build_object('since', ${present}), CASE WHEN hold IS NOT NULL THEN 1 END, ${queuePolicy}
    FROM (SELECT ${hold === undefined ? null : storedJson(hold)}::jsonb AS hold) asked
    WHERE NOT EXISTS (SELECT FROM ${table("deploys")} WHERE id = ${id})
    ON CONFLICT (entity_id) DO UPDATE SET
      last_sequence = l.last_sequence + 1,
      waiting = l.waiting + 1,
      waiting_auto = l.waiting_auto + excluded.waiting_auto,
      ready_at = CASE
        WHEN l.active_deploy_id IS NULL AND (l.hold IS NULL OR excluded.waiting_auto = 0)
        THEN coalesce(l.ready_at, clock_timestamp())
        ELSE l.ready_at
      END,
      hold = coalesce(excluded.hold || jsonb_build_object('since', ${present}), l.hold),
      hold_sequence = CASE WHEN excluded.hold IS NULL THEN l.hold_sequence ELSE l.last_sequence + 1 END,
      queue_policy = excluded.queue_policy
    RETURNING l.last_sequence`
}
