import { Deploy, makePage, Order, type Page, type QueryPlan } from "@deploys/core"
import { Effect, Schema } from "effect"
import type { Database } from "../internal/Database.ts"
import { listDeploys } from "../list/listDeploys.ts"

const Summary = Schema.Struct({ total: Schema.NullOr(Schema.Natural), behind: Schema.Boolean })

const decodeSummary = Schema.decodeUnknownEffect(Summary)
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Deploy))

/** One page of deploys. */
export const list = Effect.fnUntraced(function* (db: Database, plan: QueryPlan) {
  const answer = yield* listDeploys(db, plan)
  const summary = yield* decodeSummary(answer[0])
  const rows = yield* decodeRows(answer.filter((row) => "id" in row && row.id !== null))
  if (!isInOrder(plan, rows)) return yield* Effect.die(new Error("The database did not keep the order of a page"))
  return makePage(plan, { ...summary, rows }) satisfies Page
})

/** That branches come one after the other is how PostgreSQL works, and promised nowhere. */
const isInOrder = ({ order, position }: QueryPlan, rows: ReadonlyArray<Deploy>) => {
  const compare = Order.compare(order)
  const backwards = position?.side === "before"
  return rows.every((row, i) => {
    const next = rows[i + 1]
    return next === undefined || compare(row, next) < 0 !== backwards
  })
}
