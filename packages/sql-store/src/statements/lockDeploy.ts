import type { DeployId } from "@deploys/core"
import type { Database } from "../internal/Database.ts"

/** Locks a deploy's lane and then the deploy until the transaction ends. */
export const lockDeploy = ({ sql, table }: Database, id: DeployId) => sql`
  WITH lane AS MATERIALIZED (
    SELECT l.entity_id FROM ${table("lanes")} l
    WHERE l.entity_id = (SELECT entity_id FROM ${table("deploys")} WHERE id = ${id})
    FOR UPDATE
  )
  SELECT d.id FROM ${table("deploys")} d WHERE d.id = ${id} AND EXISTS (SELECT FROM lane) FOR UPDATE`
