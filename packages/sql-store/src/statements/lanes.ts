import { type DeployId, type EntityId, Lane, type NewDeploy } from "@deploys/core"
import type { Database } from "../internal/Database.ts"
import { columns, iso } from "../Rows.ts"

/** What is known of an entity. */
export const readLane = ({ sql, table }: Database, id: EntityId) => sql`
  SELECT ${columns(sql, "l", Lane.fields)} FROM ${table("lanes")} l WHERE l.entity_id = ${id}`

/** Makes the lane of a deploy's entity where there is none. */
export const ensureLane = ({ sql, table }: Database, { entityId, workspaceId }: NewDeploy) => sql`
  INSERT INTO ${table("lanes")} (entity_id, workspace_id) VALUES (${entityId}, ${workspaceId}) ON CONFLICT DO NOTHING`

/** Locks an entity's lane until the transaction ends. */
export const lockLane = ({ sql, table }: Database, id: EntityId) => sql<{ held: boolean }>`
  SELECT l.hold IS NOT NULL AS held FROM ${table("lanes")} l WHERE l.entity_id = ${id} FOR UPDATE`

/** Releases the hold. One row where there was one, with the deploy that comes next. */
export const releaseHold = ({ sql, table }: Database, id: EntityId) => sql<{ next: DeployId | null }>`
  UPDATE ${table("lanes")} l SET
    hold = NULL,
    hold_sequence = NULL,
    ready_at = CASE WHEN l.active_deploy_id IS NULL AND l.waiting > 0 THEN coalesce(l.ready_at, clock_timestamp()) END
  WHERE l.entity_id = ${id} AND l.hold IS NOT NULL
  RETURNING (
    SELECT d.id FROM ${table("deploys")} d WHERE d.entity_id = l.entity_id AND d.status = 'pending'
    ORDER BY d.sequence_number LIMIT 1
  ) AS next`

/** What a pending deploy waits for. What is held is passed by what is not. */
export const readWaiting = ({ sql, table }: Database, id: DeployId) => sql`
  SELECT ahead + 1 AS position,
    CASE WHEN held THEN 'hold' WHEN blocked THEN 'deploy' ELSE 'capacity' END AS for,
    ${sql.literal(iso("greatest(created_at, CASE WHEN held THEN hold_since WHEN NOT blocked THEN ready_at END)"))} AS since
  FROM (
    SELECT *, ahead > 0 OR active_deploy_id IS NOT NULL AS blocked FROM (
      SELECT d.created_at, l.active_deploy_id, l.ready_at, (l.hold ->> 'since')::timestamptz AS hold_since,
        l.hold IS NOT NULL AND d.trigger = 'auto' AS held, (
          SELECT count(*)::int FROM ${table("deploys")} o
          WHERE o.entity_id = d.entity_id AND o.status = 'pending' AND o.sequence_number < d.sequence_number
            AND (l.hold IS NULL OR d.trigger = 'auto' OR o.trigger <> 'auto')
        ) AS ahead
      FROM ${table("deploys")} d JOIN ${table("lanes")} l ON l.entity_id = d.entity_id
      WHERE d.id = ${id} AND d.status = 'pending'
    ) place
  ) waiting`
