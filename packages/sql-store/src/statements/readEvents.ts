import type { DeployId } from "@deploys/core"
import type { Database } from "../internal/Database.ts"
import { iso } from "../Rows.ts"

/** Events of a deploy above a number, in order. */
export const readEvents = ({ sql, table }: Database, deployId: DeployId, after: number, limit: number) => sql`
  SELECT e.deploy_id AS "deployId", e.sequence, e.type, ${sql.literal(iso("e.at"))} AS at, e.data
  FROM ${table("deploy_events")} e WHERE e.deploy_id = ${deployId} AND e.sequence > ${after}
  ORDER BY e.sequence LIMIT ${limit}`
