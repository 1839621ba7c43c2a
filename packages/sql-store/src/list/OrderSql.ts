import { Keyset, type Order } from "@deploys/core"
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
): ReadonlyArray<Statement.Fragment> =>
  position === null ? [db.sql.literal("true")] : beside(db, order, position, alias, { after: "<", before: ">" })

/** The rows that are not on that side: those at the place itself, and those on the other side. */
export const notBeyond = (
  db: ListDatabase,
  order: Order.Order,
  position: Keyset.Position,
  alias: string
): ReadonlyArray<Statement.Fragment> => {
  const side = position.side === "after" ? "before" : "after"
  return beside(db, order, { ...position, side }, alias, { after: "<=", before: ">=" })
}

/**
 * The rows on one side of a place, by the signs of a descending order.
 *
 * The last keys that go one way and are never null are one comparison of rows: an index can start right there, and each
 * condition less is one less to be planned.
 */
const beside = (
  db: ListDatabase,
  order: Order.Order,
  position: Keyset.Position,
  alias: string,
  signs: Readonly<Record<Keyset.Side, string>>
): ReadonlyArray<Statement.Fragment> => {
  const keys = Keyset.deciding(order)
  const descending = keys.at(-1)?.descending === true
  const [first, last] = splitAt(keys, (key) => key.field.nullable || key.descending !== descending)
  const sign = signs[descending ? position.side : position.side === "after" ? "before" : "after"]
  const columns = db.sql.csv(last.map(({ field }) => column(db, alias, field)))
  const place = db.sql.csv(last.map(({ field }, i) => bound(db, field, position.values[first.length + i])))
  const row = db.sql`(${columns}) ${db.sql.literal(sign)} (${place})`
  return [
    first.length === 0 ? row : db.sql`${condition(db, Keyset.at(first, position), alias)} AND ${row}`,
    ...Keyset.branches(first, position).map((branch) => condition(db, branch, alias))
  ]
}

/** What stands up to the last one like that, and what stands behind it. */
const splitAt = <A>(values: ReadonlyArray<A>, isLast: (value: A) => boolean) => {
  const end = values.findLastIndex(isLast) + 1
  return [values.slice(0, end), values.slice(end)] as const
}
