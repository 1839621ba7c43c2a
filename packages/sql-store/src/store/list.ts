import {
  Deploy,
  DeployFields,
  ListTooSlow,
  makePage,
  Order,
  type Page,
  type QueryPlan,
  StoreError
} from "@deploys/core"
import { Duration, Effect, Schema } from "effect"
import type { Database } from "../internal/Database.ts"
import { makeListCompiler } from "../list/compileList.ts"
import { timeOfWire } from "../list/wireTime.ts"

const fields = Object.values(DeployFields.deploy.fields)

const Summary = Schema.Tuple([Schema.NullOr(Schema.Natural), Schema.Boolean])

const decodeSummary = Schema.decodeUnknownEffect(Summary)
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Deploy))

/** A deploy as `Deploy` encodes it, of the columns that stand behind the summary. */
const rowOf = (values: ReadonlyArray<unknown>) => {
  const row: Record<string, unknown> = {}
  let at = 2
  for (const { name } of fields) {
    const value = values[at++]
    row[name] = value instanceof Uint8Array ? timeOfWire(value) : value
  }
  return row
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
    const rows = answer[0]?.[2] === null ? [] : answer.map(rowOf)
    if (!isInOrder(plan, rows)) return yield* Effect.die(new Error("The database did not keep the order of a page"))
    return makePage(plan, { total, behind, rows })
  })

  return {
    list: Effect.fnUntraced(function* (plan: QueryPlan) {
      const { data, pageInfo } = yield* find(plan)
      return { data: yield* decodeRows(data), pageInfo } satisfies Page
    }),
    listJson: (plan: QueryPlan) => Effect.map(find(plan), (page) => JSON.stringify(page))
  }
}

/** That branches come one after the other is how PostgreSQL works, and promised nowhere. A first page has but one. */
const isInOrder = ({ order, position }: QueryPlan, rows: ReadonlyArray<object>) => {
  if (position === null) return true
  const compare = Order.compare(order)
  const backwards = position?.side === "before"
  return rows.every((row, i) => {
    const next = rows[i + 1]
    return next === undefined || compare(row, next) < 0 !== backwards
  })
}
