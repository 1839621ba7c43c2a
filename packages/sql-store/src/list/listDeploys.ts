import { DeployFields, type Field, type Keyset, type QueryPlan } from "@deploys/core"
import type { Statement } from "effect/sql"
import { columnOf } from "../Rows.ts"
import { byWorkspace } from "./byWorkspace.ts"
import { boundAll } from "./Columns.ts"
import { condition } from "./FilterSql.ts"
import type { ListDatabase } from "./ListDatabase.ts"
import { beyond, notBeyond, orderBy } from "./OrderSql.ts"
import { pageSize } from "./pageSize.ts"

/** The fields of a row, in their order. */
export const deployFields: ReadonlyArray<Field.Field> = Object.values(DeployFields.deploy.fields)

/**
 * The rows of a page as a `WireRow` each, nearest first and at least one more than its limit, each behind the total and
 * whether a row stands on the other side of the position; one without a deploy, or none, where there is none. One statement,
 * so one snapshot.
 */
export const listDeploys = (db: ListDatabase, plan: QueryPlan) => {
  const { sql } = db
  const row = sql`record_send(ROW(${columns(db, "p")}))`
  const rows = pageRows(db, plan)
  if (plan.position === null && !plan.total)
    return sql`SELECT NULL::integer AS total, false AS behind, ${row} AS row FROM (${rows}) p`
  return sql`
  WITH page AS MATERIALIZED (SELECT ${row} AS row FROM (${rows}) p)
  SELECT summary.total, summary.behind, page.row
  FROM (SELECT ${total(db, plan)} AS total, ${behind(db, plan)} AS behind) summary LEFT JOIN page ON true`
}

const columns = ({ sql }: ListDatabase, alias: string) =>
  sql.literal(deployFields.map(({ name }) => `${alias}.${columnOf(name)}`).join(", "))

/**
 * Branches stand nearest first, each in order and with the limit, so that the whole is in order and cut where it is full:
 * what is farther is not even read. An order over the whole would read all of them.
 */
const pageRows = (db: ListDatabase, plan: QueryPlan) => {
  const size = pageSize(plan.limit)
  const side = plan.position?.side ?? "after"
  const branches = beyond(db, plan.order, plan.position, "d").map(
    (place) => db.sql`(${nearest(db, plan, { select: (alias) => `${alias}.*`, place, side, size })})`
  )
  const rows = db.sql.join(" UNION ALL ", false)(branches)
  return branches.length === 1 ? rows : db.sql`${rows} LIMIT ${db.sql.literal(String(size))}`
}

interface Stretch {
  /** What is wanted of a row under this alias. */
  readonly select: (alias: string) => string
  readonly place: Statement.Fragment
  readonly side: Keyset.Side
  readonly size: number
}

/** So many rows of one stretch of the order, nearest first. */
const nearest = (db: ListDatabase, { filter, order }: QueryPlan, { place, select, side, size }: Stretch) => {
  const { sql, table } = db
  const sorted = (alias: string) => sql`ORDER BY ${orderBy(db, order, side, alias)} LIMIT ${sql.literal(String(size))}`
  const apart = byWorkspace(filter)
  return apart === undefined
    ? sql`SELECT ${sql.literal(select("d"))} FROM ${table("deploys")} d WHERE ${condition(db, filter, "d")} AND ${place} ${sorted("d")}`
    : sql`SELECT ${sql.literal(select("x"))} FROM unnest(${boundAll(db, { kind: "id" }, apart.workspaces)}) AS w(id) CROSS JOIN LATERAL (
        SELECT d.* FROM ${table("deploys")} d
        WHERE d.workspace_id = w.id AND ${condition(db, apart.rest, "d")} AND ${place} ${sorted("d")}
      ) x ${sorted("x")}`
}

/** A first page that is not full holds all there is. */
const total = (db: ListDatabase, { filter, limit, position, total }: QueryPlan) => {
  const { sql, table } = db
  if (!total) return sql.literal("NULL::integer")
  const counted = sql`(SELECT count(*) FROM ${table("deploys")} d WHERE ${condition(db, filter, "d")})::integer`
  return position === null
    ? sql`CASE WHEN (SELECT count(*) FROM page) < ${sql.literal(String(pageSize(limit)))}
        THEN (SELECT count(*) FROM page)::integer ELSE ${counted} END`
    : counted
}

/** Looked for from the position on: `EXISTS` would take no order, and so might read from the other end. */
const behind = (db: ListDatabase, plan: QueryPlan) => {
  const { sql } = db
  const { order, position } = plan
  if (position === null) return sql.literal("false")
  const side = position.side === "after" ? "before" : "after"
  return sql.or(
    notBeyond(db, order, position, "d").map(
      (place) => sql`(${nearest(db, plan, { select: () => "true", place, side, size: 1 })}) IS NOT NULL`
    )
  )
}
