import { type DeployId, idempotencyMillis, type KeyedRequest } from "@deploys/core"
import type { Database } from "../internal/Database.ts"

/** Keys that one insert deletes at most: more than one insert adds. */
const cleared = 100

const isExpired = ({ sql }: Database, alias: string) => sql`
  ${sql.literal(alias)}.created_at <= clock_timestamp() - ${idempotencyMillis}::double precision * interval '1 millisecond'`

const hash = ({ sql }: Database, { request }: KeyedRequest) => sql`sha256(convert_to(${request}, 'UTF8'))`

/** Takes a key for a deploy, and deletes some that have expired. No row where it is taken. */
export const takeKey = (db: Database, asked: KeyedRequest, deployId: DeployId) => {
  const { sql, table } = db
  return sql`
  WITH expired AS MATERIALIZED (
    SELECT o.principal, o.key FROM ${table("idempotency_keys")} o
    WHERE ${isExpired(db, "o")} AND NOT (o.principal = ${asked.principal} AND o.key = ${asked.key})
    ORDER BY o.created_at LIMIT ${cleared} FOR UPDATE SKIP LOCKED
  ), forgotten AS (
    DELETE FROM ${table("idempotency_keys")} d USING expired WHERE d.principal = expired.principal AND d.key = expired.key
  )
  INSERT INTO ${table("idempotency_keys")} AS k (principal, key, request_hash, deploy_id)
  VALUES (${asked.principal}, ${asked.key}, ${hash(db, asked)}, ${deployId})
  ON CONFLICT (principal, key) DO UPDATE SET
    request_hash = excluded.request_hash, deploy_id = excluded.deploy_id, created_at = clock_timestamp()
  WHERE ${isExpired(db, "k")}
  RETURNING 1`
}

/** Lets a key that was just taken stand for another deploy. */
export const pointKey = ({ sql, table }: Database, { key, principal }: KeyedRequest, deployId: DeployId) => sql`
  UPDATE ${table("idempotency_keys")} SET deploy_id = ${deployId} WHERE principal = ${principal} AND key = ${key}`

/** What a key stands for, and whether that is this request. */
export const readKey = (db: Database, asked: KeyedRequest) => {
  const { sql, table } = db
  return sql<{ id: DeployId; same: boolean }>`
  SELECT k.deploy_id AS id, k.request_hash = ${hash(db, asked)} AS same FROM ${table("idempotency_keys")} k
  WHERE k.principal = ${asked.principal} AND k.key = ${asked.key} AND NOT ${isExpired(db, "k")}`
}
