import type { DeployId, NewDeploy, QueuePolicy } from "@deploys/core"
import type { Database } from "../internal/Database.ts"

/** The deploy that stands where this one would, by its id or its source event. */
export const presentDeploy = ({ sql, table }: Database, { entityId, id, sourceEventId, trigger }: NewDeploy) => sql<{
  id: DeployId
}>`
  SELECT d.id FROM ${table("deploys")} d WHERE d.id = ${id}
  UNION ALL
  SELECT d.id FROM ${table("deploys")} d
  WHERE ${trigger} = 'auto' AND d.trigger = 'auto' AND d.entity_id = ${entityId} AND d.source_event_id = ${sourceEventId}
  LIMIT 1`

/** Locks the older deploys that a queue policy lets a new one end, under the lock of their lane. */
export const lockOutOfPlace = (
  { sql, table }: Database,
  { entityId, trigger }: NewDeploy,
  { held, queuePolicy }: { readonly held: boolean; readonly queuePolicy: QueuePolicy }
) => {
  const isAuto = trigger === "auto"
  const statuses = queuePolicy === "replace" && !(isAuto && held) ? ["pending", "running"] : ["pending"]
  return sql<{ id: DeployId }>`
  SELECT d.id FROM ${table("deploys")} d
  WHERE d.entity_id = ${entityId} AND d.status = ANY (${statuses}::text[]) AND (d.trigger = 'auto' OR NOT ${isAuto}::boolean)
  ORDER BY d.id FOR UPDATE`
}
