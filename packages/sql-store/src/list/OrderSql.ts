import { Filter, Keyset, type Order } from "@deploys/core"
import type { Statement } from "effect/sql"
import { bound, column } from "./Columns.ts"
import { condition } from "./FilterSql.ts"
import type { ListDatabase } from "./ListDatabase.ts"

/** The keys of an order, nearest first on the side that is wanted. */
export const orderBy = (db: ListDatabase, order: Order.Order, side: Keyset.Side, alias: string): Statement.Fragment =>
  db.sql.csv(
    order.map(({ descending, field, nullsFirst }) => {
      const backwards = side === "before"
      const direction = descending === backwards ? "ASC" : "DESC"
      // Spelled out where no null can be, it would keep an index from being used.
      const nulls = field.nullable ? ` NULLS ${nullsFirst === backwards ? "LAST" : "FIRST"}` : ""
      return db.sql`${column(db, alias, field)} ${db.sql.literal(`${direction}${nulls}`)}`
    })
  )

/** The rows on one side of a place: conditions nearest first, those of one all nearer than those of the next. */
export const beyond = (
  db: ListDatabase,
  order: Order.Order,
  position: Keyset.Position | null,
  alias: string
): ReadonlyArray<Statement.Fragment> => {
  if (position === null) return [db.sql.literal("true")]
  const row = rowComparison(db, order, position, alias, { after: "<", before: ">" })
  return row === undefined ? Keyset.branches(order, position).map((branch) => condition(db, branch, alias)) : [row]
}

/** The rows that are not on that side: those at the place itself, and those on the other side. */
export const notBeyond = (
  db: ListDatabase,
  order: Order.Order,
  position: Keyset.Position,
  alias: string
): ReadonlyArray<Statement.Fragment> => {
  const row = rowComparison(db, order, position, alias, { after: ">=", before: "<=" })
  if (row !== undefined) return [row]
  const other = Keyset.branches(order, { ...position, side: position.side === "after" ? "before" : "after" })
  return [atPlace(order, position), ...other].map((branch) => condition(db, branch, alias))
}

const atPlace = (order: Order.Order, { values }: Keyset.Position) =>
  Filter.and(
    order.map(({ field }, i) => {
      const value = values[i] ?? null
      return value === null ? Filter.isNull(Filter.subject(field)) : Filter.equals(Filter.subject(field), value)
    })
  )

/**
 * Where all keys go in one direction and none is null, one comparison of rows is the whole condition, and an index can start
 * right there. `signs` are those for a descending order.
 */
const rowComparison = (
  db: ListDatabase,
  order: Order.Order,
  { side, values }: Keyset.Position,
  alias: string,
  signs: Readonly<Record<Keyset.Side, string>>
) => {
  const { sql } = db
  const [first] = order
  if (order.some(({ descending, field }) => field.nullable || descending !== first.descending)) return undefined
  const sign = signs[first.descending ? side : side === "after" ? "before" : "after"]
  const columns = sql.csv(order.map(({ field }) => column(db, alias, field)))
  const place = sql.csv(order.map(({ field }, i) => bound(db, field, values[i])))
  return sql`(${columns}) ${sql.literal(sign)} (${place})`
}
