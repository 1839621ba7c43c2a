import type { DeployId } from "@deploys/core"
import type { Database } from "../internal/Database.ts"
import { iso } from "../Rows.ts"

/** Events of a deploy above a number, in order. */
export const readEvents = ({ sql, table }: Database, deployId: DeployId, after: number, limit: number) => sql`
  SELECT e.deploy_id AS "deployId", e.sequence, e.type, ${sql.literal(iso("e.at"))} AS at, e.data
  FROM ${table("deploy_events")} e WHERE e.deploy_id = ${deployId} AND e.sequence > ${after}
  ORDER BY e.sequence LIMIT ${limit}`

/** Events of several deploys above a number each, in the order of the deploys. */
export const readEventsOf = (
  { sql, table }: Database,
  deploys: ReadonlyArray<{ readonly deployId: DeployId; readonly after: number }>,
  limit: number
) => sql`
  SELECT e.deploy_id AS "deployId", e.sequence, e.type, ${sql.literal(iso("e.at"))} AS at, e.data
  FROM unnest(${deploys.map(({ deployId }) => deployId)}::text[], ${deploys.map(({ after }) => after)}::integer[])
    WITH ORDINALITY AS wanted(deploy_id, after, nth)
  CROSS JOIN LATERAL (
    SELECT * FROM ${table("deploy_events")} e WHERE e.deploy_id = wanted.deploy_id AND e.sequence > wanted.after
    ORDER BY e.sequence LIMIT ${limit}
  ) e
  ORDER BY wanted.nth, e.sequence LIMIT ${limit}`
