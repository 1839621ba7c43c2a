import { Deploy, ListTooSlow, makePage, Order, type Page, PageJson, type QueryPlan, StoreError } from "@deploys/core"
import { Duration, Effect, Schema } from "effect"
import type { Database } from "../internal/Database.ts"
import { makeListCompiler } from "../list/compileList.ts"
import { timeOfWire } from "../list/wireTime.ts"

const { fields } = PageJson

const Summary = Schema.Tuple([Schema.NullOr(Schema.Natural), Schema.Boolean])

const decodeSummary = Schema.decodeUnknownEffect(Summary)
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Deploy))

const times = fields.flatMap(({ kind }, i) => (kind === "time" ? [i] : []))

/** The columns of a row behind the summary, times as text. */
const valuesOf = (row: ReadonlyArray<unknown>): PageJson.RowValues => {
  const values = row.slice(2)
  for (const i of times) {
    const value = values[i]
    if (value instanceof Uint8Array) values[i] = timeOfWire(value)
  }
  return values
}

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
    const rows = answer[0]?.[2] === null ? [] : answer.map(valuesOf)
    if (!isInOrder(plan, rows)) return yield* Effect.die(new Error("The database did not keep the order of a page"))
    return { total, behind, rows }
  })

  return {
    list: Effect.fnUntraced(function* (plan: QueryPlan) {
      const { rows, ...summary } = yield* find(plan)
      return makePage(plan, { ...summary, rows: yield* decodeRows(rows.map(rowOf)) }) satisfies Page
    }),
    listJson: (plan: QueryPlan) => Effect.map(find(plan), (found) => PageJson.make(plan, found))
  }
}

const rowOf = (values: PageJson.RowValues) =>
  Object.fromEntries(
    fields.map(({ kind, name }, i) => [name, kind === "json" ? JSON.parse(String(values[i])) : values[i]])
  )

/** That branches come one after the other is how PostgreSQL works, and promised nowhere. A first page has but one. */
const isInOrder = ({ order, position }: QueryPlan, rows: ReadonlyArray<PageJson.RowValues>) => {
  if (position === null) return true
  const compare = Order.comparePlaces(order)
  const places = rows.map(PageJson.placeIn(order))
  const backwards = position?.side === "before"
  return places.every((place, i) => {
    const next = places[i + 1]
    return next === undefined || compare(place, next) < 0 !== backwards
  })
}
