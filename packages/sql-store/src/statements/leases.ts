import type { LeaseRef } from "@deploys/core"
import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { storedJson } from "../internal/storedJson.ts"

/** Share of a lease that its renewal waits at most for a lock: one deploy that is locked is not to cost others theirs. */
const patience = 1 / 15

/** Starts those of the leases anew that hold; one that ran out holds until somebody else claims. */
export const renewLeases = (db: Database, leases: ReadonlyArray<LeaseRef>, leaseMillis: number) => {
  const { sql, table } = db
  return sql`
  WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', ${`${Math.ceil(leaseMillis * patience)}ms`}, true)
  ), held AS MATERIALIZED (${heldLeases(db, leases, sql`(SELECT count(*) FROM patience) = 1`)})
  UPDATE ${table("deploys")} d
  SET lease_until = clock_timestamp() + ${leaseMillis}::double precision * interval '1 millisecond'
  FROM held WHERE d.id = held.id
  RETURNING d.id AS "deployId", d.epoch`
}

/** Ends those of the leases that hold. */
export const releaseLeases = (db: Database, leases: ReadonlyArray<LeaseRef>) => {
  const { sql, table } = db
  return sql`
  WITH held AS MATERIALIZED (${heldLeases(db, leases, sql`true`)})
  UPDATE ${table("deploys")} d SET owner = NULL, claimed_epoch = NULL, lease_until = NULL
  FROM held WHERE d.id = held.id
  RETURNING d.id AS "deployId", d.epoch`
}

const heldLeases = (
  { sql, table }: Database,
  leases: ReadonlyArray<LeaseRef>,
  condition: Statement.Fragment
): Statement.Fragment => sql`
    SELECT d.id FROM ${table("deploys")} d
    JOIN jsonb_to_recordset(${storedJson(leases)}::jsonb) AS r("deployId" text, epoch integer) ON r."deployId" = d.id
    WHERE ${condition} AND d.epoch = r.epoch AND d.owner IS NOT NULL
    ORDER BY d.id FOR UPDATE OF d`
