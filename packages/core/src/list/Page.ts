import { Schema } from "effect"
import { Deploy } from "../domain/Deploy.ts"
import * as Cursor from "./Cursor.ts"
import * as FilterPredicate from "./FilterPredicate.ts"
import * as Keyset from "./Keyset.ts"
import * as Order from "./Order.ts"
import type { QueryPlan } from "./QueryPlan.ts"

/** Where a page stands in its list. */
export const PageInfo = Schema.Struct({
  /** How many rows filter and scope let through, cursor aside; null when it was not asked for. */
  total: Schema.NullOr(Schema.Natural),
  hasNextPage: Schema.Boolean,
  hasPreviousPage: Schema.Boolean,
  /** Cursors of the first and the last row; null on an empty page. */
  startCursor: Schema.NullOr(Schema.String),
  endCursor: Schema.NullOr(Schema.String)
}).annotate({ identifier: "PageInfo" })
/** Where a page stands in its list. */
export interface PageInfo extends Schema.Schema.Type<typeof PageInfo> {}

/** A page of deploys, in the order of the list also when it was reached backwards. */
export const Page = Schema.Struct({ data: Schema.Array(Deploy), pageInfo: PageInfo }).annotate({
  identifier: "DeployPage"
})
/** A page of deploys. */
export interface Page extends Schema.Schema.Type<typeof Page> {}

/** What a store has found for a plan, in one snapshot. */
export interface Found<Row> {
  /**
   * The rows on the wanted side of the position, nearest first (so for `before` backwards), up to one more than the limit.
   */
  readonly rows: ReadonlyArray<Row>
  /** Whether the filter lets a row through on the other side: the position itself counts, its row may be gone. */
  readonly behind: boolean
  /** How many rows the filter lets through; null when the plan does not count. */
  readonly total: number | null
}

/** Cuts what a store has found to a page. */
export const cutPage = <Row>(
  { limit, position }: QueryPlan,
  { behind, rows, total }: Found<Row>,
  cursorOf: (row: Row) => string
): { readonly data: ReadonlyArray<Row>; readonly pageInfo: PageInfo } => {
  const more = rows.length > limit
  const nearest = rows.slice(0, limit)
  const backwards = position?.side === "before"
  const data = backwards ? nearest.toReversed() : nearest
  const cursor = (row: Row | undefined) => (row === undefined ? null : cursorOf(row))
  return {
    data,
    pageInfo: {
      total,
      hasNextPage: backwards ? behind : more,
      hasPreviousPage: backwards ? more : behind,
      startCursor: cursor(data.at(0)),
      endCursor: cursor(data.at(-1))
    }
  }
}

/** Makes the page of a plan from what a store has found. */
export const makePage = <Row extends object>(plan: QueryPlan, found: Found<Row>) =>
  cutPage(plan, found, (row) => Cursor.encode(plan.order, row))

/** The page of a plan out of all rows there are: what every store's `list` answers with. */
export const selectPage = <Row extends object>(
  plan: QueryPlan,
  all: ReadonlyArray<Row>,
  relatives: FilterPredicate.Relatives
): { readonly data: ReadonlyArray<Row>; readonly pageInfo: PageInfo } => {
  const { filter, limit, order, position, total } = plan
  const visible = all.filter(FilterPredicate.make(filter, relatives))
  const wanted = visible.filter(FilterPredicate.make(Keyset.make(order, position), relatives))
  const sorted = wanted.toSorted(Order.compare(order))
  return makePage(plan, {
    rows: position?.side === "before" ? sorted.toReversed().slice(0, limit + 1) : sorted.slice(0, limit + 1),
    behind: wanted.length < visible.length,
    total: total ? visible.length : null
  })
}
