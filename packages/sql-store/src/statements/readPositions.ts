import type { DeployStore } from "@deploys/core"
import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { iso } from "../Rows.ts"

/** One row: the horizon, and the positions of the deploys that `chosen` lets through, with `bound.horizon` in sight. */
const positions = ({ sql, table }: Database, lagMillis: number, chosen: Statement.Fragment) => sql`
  WITH bound AS MATERIALIZED (SELECT clock_timestamp() - ${lagMillis} * interval '1 millisecond' AS horizon)
  SELECT ${sql.literal(iso("bound.horizon"))} AS horizon, coalesce((
    SELECT json_agg(json_build_object(
      'deployId', d.id, 'workspaceId', d.workspace_id, 'entityId', d.entity_id,
      'createdAt', ${sql.literal(iso("d.created_at"))}, 'lastEvent', d.last_event,
      'isOver', d.status IN ('completed', 'failed') AND NOT d.settling
    ) ORDER BY d.created_at, d.id)
    FROM ${table("deploys")} d WHERE d.id IN (${chosen})
  ), '[]') AS positions
  FROM bound`

/** Positions of what is not over or has just been created: each part by its own index. */
export const readOpenPositions = (db: Database, lagMillis: number) => {
  const deploys = db.table("deploys")
  return positions(
    db,
    lagMillis,
    db.sql`
      SELECT id FROM ${deploys} WHERE status = 'pending'
      UNION SELECT id FROM ${deploys} WHERE status = 'running' OR settling
      UNION SELECT id FROM ${deploys} WHERE created_at >= bound.horizon`
  )
}

/** Positions in the order of creation. */
export const readCreatedPositions = (
  db: Database,
  { behind, lagMillis, limit }: Parameters<DeployStore["Service"]["createdPositions"]>[0]
) =>
  positions(
    db,
    lagMillis,
    db.sql`
      SELECT id FROM ${db.table("deploys")}
      WHERE (created_at, id) > (${behind.createdAt}::timestamptz, ${behind.id}) AND created_at < bound.horizon
      ORDER BY created_at, id LIMIT ${limit}`
  )
