import { Cursor, cutPage, ListTooSlow, Order, Page, type QueryPlan, StoreError } from "@deploys/core"
import { Duration, Effect, Schema } from "effect"
import type { Database } from "../internal/Database.ts"
import { makeListCompiler } from "../list/compileList.ts"
import { deployFields } from "../list/listDeploys.ts"
import { makeWireJson } from "../list/wireJson.ts"
import { placeOfWire, type WireRow } from "../list/wireRow.ts"

const Summary = Schema.Tuple([Schema.NullOr(Schema.Natural), Schema.Boolean])

const decodeSummary = Schema.decodeUnknownEffect(Summary)

const jsonOf = makeWireJson(deployFields)
const decodePage = Schema.decodeUnknownEffect(Schema.fromJsonString(Page))

/** Interrupting a statement cancels it in the database. */
const within = (timeLimit: Duration.Input) => {
  const cause = new ListTooSlow({ limitMillis: Duration.toMillis(timeLimit) })
  return Effect.timeoutOrElse({
    duration: timeLimit,
    orElse: () => Effect.fail(new StoreError({ operation: "DeployStore.list", cause }))
  })
}

/** Reads pages of deploys, as rows and as JSON. */
export const makeLists = (db: Database, timeLimit: Duration.Input) => {
  const { compile } = makeListCompiler(db)
  const limit = within(timeLimit)

  const find = Effect.fnUntraced(function* (plan: QueryPlan) {
    const [text, parameters] = compile(plan)
    const answer = yield* limit(db.sql.unsafe(text, parameters).values)
    const [total, behind] = answer[0] === undefined ? [null, false] : yield* decodeSummary(answer[0].slice(0, 2))
    const rows = answer.flatMap(([, , row]) => (row instanceof Uint8Array ? [row] : []))
    const placeOf = placeOfWire(deployFields, plan.order)
    if (!isInOrder(plan, rows, placeOf))
      return yield* Effect.die(new Error("The database did not keep the order of a page"))
    return cutPage(plan, { total, behind, rows }, (row) => Cursor.ofPlace(plan.order, placeOf(row)))
  })

  return {
    list: Effect.fnUntraced(function* (plan: QueryPlan) {
      return yield* decodePage(jsonOf(yield* find(plan)))
    }),
    listJson: (plan: QueryPlan) => Effect.map(find(plan), jsonOf)
  }
}

/** That branches come one after the other is how PostgreSQL works, and promised nowhere. A first page has but one. */
const isInOrder = (
  { order, position }: QueryPlan,
  rows: ReadonlyArray<WireRow>,
  placeOf: (row: WireRow) => ReadonlyArray<Order.KeyValue>
) => {
  if (position === null) return true
  const compare = Order.comparePlaces(order)
  const backwards = position.side === "before"
  const places = rows.map(placeOf)
  return places.every((place, i) => {
    const next = places[i + 1]
    return next === undefined || compare(place, next) < 0 !== backwards
  })
}
