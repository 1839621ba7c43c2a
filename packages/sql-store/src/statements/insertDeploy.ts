import { Deploy, type NewDeploy } from "@deploys/core"
import type { Database } from "../internal/Database.ts"
import { storedJson } from "../internal/storedJson.ts"
import { columns } from "../Rows.ts"

/**
 * Numbers and adds a pending deploy under its lane's lock. No row where the id is there already; where another one adds it at
 * the same time, the id's key is violated and nothing is changed.
 */
export const insertDeploy = ({ sql, table }: Database, deploy: NewDeploy) => sql`
  WITH lane AS (
    INSERT INTO ${table("lanes")} AS l (entity_id, workspace_id, last_sequence, waiting, ready_at)
    SELECT ${deploy.entityId}, ${deploy.workspaceId}, 1, 1, clock_timestamp()
    WHERE NOT EXISTS (SELECT FROM ${table("deploys")} WHERE id = ${deploy.id})
    ON CONFLICT (entity_id) DO UPDATE SET
      last_sequence = l.last_sequence + 1,
      waiting = l.waiting + 1,
      ready_at = CASE WHEN l.active_deploy_id IS NULL THEN coalesce(l.ready_at, clock_timestamp()) END
    RETURNING l.last_sequence
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
