import { Deploy, type QueryPlan } from "@deploys/core"
import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { columns } from "../Rows.ts"
import { byWorkspace } from "./byWorkspace.ts"
import { condition } from "./FilterSql.ts"
import { beyond, notBeyond, orderBy } from "./OrderSql.ts"

/**
 * The rows of a page, nearest first and one more than its limit, each with the total and whether a row stands on the other
 * side of the position; one row without a deploy where there is none. One statement, so one snapshot.
 */
export const listDeploys = (db: Database, plan: QueryPlan) => {
  const { sql } = db
  return sql`
  WITH page AS MATERIALIZED (${pageRows(db, plan)})
  SELECT summary.total, summary.behind, ${columns(sql, "p", Deploy.fields)}
  FROM (SELECT ${total(db, plan)} AS total, ${behind(db, plan)} AS behind) summary LEFT JOIN page p ON true`
}

/**
 * Branches stand nearest first, each in order and with the limit, so that the whole is in order and cut where it is full:
 * what is farther is not even read. An order over the whole would read all of them.
 */
const pageRows = (db: Database, plan: QueryPlan) => {
  const branches = beyond(db, plan.order, plan.position, "d").map((place) => db.sql`(${branch(db, plan, place)})`)
  const rows = db.sql.join(" UNION ALL ", false)(branches)
  return branches.length === 1 ? rows : db.sql`${rows} LIMIT ${plan.limit + 1}`
}

const branch = (db: Database, plan: QueryPlan, place: Statement.Fragment) => {
  const { sql, table } = db
  const { filter, limit, order, position } = plan
  const sorted = (alias: string) =>
    sql`ORDER BY ${orderBy(db, order, position?.side ?? "after", alias)} LIMIT ${limit + 1}`
  const apart = byWorkspace(filter)
  return apart === undefined
    ? sql`SELECT d.* FROM ${table("deploys")} d WHERE ${condition(db, filter, "d")} AND ${place} ${sorted("d")}`
    : sql`SELECT x.* FROM unnest(${apart.workspaces}::text[]) AS w(id) CROSS JOIN LATERAL (
        SELECT d.* FROM ${table("deploys")} d
        WHERE d.workspace_id = w.id AND ${condition(db, apart.rest, "d")} AND ${place} ${sorted("d")}
      ) x ${sorted("x")}`
}

/** A first page that is not full holds all there is. */
const total = (db: Database, { filter, limit, position, total }: QueryPlan) => {
  const { sql, table } = db
  if (!total) return sql.literal("NULL::integer")
  const counted = sql`(SELECT count(*) FROM ${table("deploys")} d WHERE ${condition(db, filter, "d")})::integer`
  return position === null
    ? sql`CASE WHEN (SELECT count(*) FROM page) <= ${limit}
        THEN (SELECT count(*) FROM page)::integer ELSE ${counted} END`
    : counted
}

const behind = (db: Database, { filter, order, position }: QueryPlan) => {
  const { sql, table } = db
  if (position === null) return sql.literal("false")
  return sql.or(
    notBeyond(db, order, position, "d").map(
      (place) => sql`EXISTS (SELECT FROM ${table("deploys")} d WHERE ${condition(db, filter, "d")} AND ${place})`
    )
  )
}
