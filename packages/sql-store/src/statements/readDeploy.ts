import { Deploy, type DeployId, type DeployRecord, StepRecord } from "@deploys/core"
import { Effect, Schema } from "effect"
import type { Database } from "../internal/Database.ts"
import { isOneOf } from "../internal/isOneOf.ts"
import { columns, jsonObject } from "../Rows.ts"

/** What the columns of the engine say of a deploy, and its steps. */
const Engine = Schema.Struct({
  epoch: Schema.Natural,
  lastEvent: Schema.Natural,
  elapsedMillis: Schema.Natural,
  steps: Schema.Array(StepRecord)
})

/** A deploy of the columns of `Deploy`. */
export const decodeDeploy = Schema.decodeUnknownEffect(Deploy)
const decodeEngine = Schema.decodeUnknownEffect(Engine)

/** A deploy with all that its runner needs of it. */
export interface DeployRow extends DeployRecord {
  readonly epoch: number
  readonly lastEvent: number
  /** Since it started, by the database's clock; 0 before. */
  readonly elapsedMillis: number
}

/** Of these deploys, what their end depends on. */
export const readEndable = (db: Database, ids: ReadonlyArray<DeployId>) => {
  const { sql, table } = db
  return sql`
  SELECT d.id, d.status, d.epoch, d.last_event AS "lastEvent", coalesce((
    SELECT json_agg(${jsonObject(sql, "s", StepRecord.fields)} ORDER BY s.index)
    FROM ${table("deploy_steps")} s WHERE s.deploy_id = d.id
  ), '[]') AS steps
  FROM ${table("deploys")} d WHERE ${isOneOf(db, "d.id", ids)}`
}

/** The rows of these deploys, each with its steps in order, its epoch and the number of its last event. */
export const readDeploys = (db: Database, ids: ReadonlyArray<DeployId>) => {
  const { sql, table } = db
  return sql<{ id: DeployId }>`
    SELECT ${columns(sql, "d", Deploy.fields)}, d.epoch, d.last_event AS "lastEvent",
      coalesce(greatest(0, floor(extract(epoch FROM clock_timestamp() - d.started_at) * 1000)), 0)::float8 AS "elapsedMillis",
      coalesce((
      SELECT json_agg(${jsonObject(sql, "s", StepRecord.fields)} ORDER BY s.index)
      FROM ${table("deploy_steps")} s WHERE s.deploy_id = d.id
    ), '[]') AS steps
    FROM ${table("deploys")} d WHERE ${isOneOf(db, "d.id", ids)}`
}

/** A deploy of such a row. */
export const decodeRow = Effect.fnUntraced(function* (row: object) {
  return { deploy: yield* decodeDeploy(row), ...(yield* decodeEngine(row)) } satisfies DeployRow
})

/** The deploy with this id; undefined where there is none. */
export const readDeploy = Effect.fnUntraced(function* (db: Database, id: DeployId) {
  const [row] = yield* readDeploys(db, [id])
  return row === undefined ? undefined : yield* decodeRow(row)
})
