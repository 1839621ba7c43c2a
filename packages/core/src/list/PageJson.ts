import { Schema } from "effect"
import { DeployFields } from "./DeployFields.ts"
import type { Field, Kind } from "./Field.ts"
import * as Cursor from "./Cursor.ts"
import { keyValue, type KeyValue, type Order } from "./Order.ts"
import { cutPage, type Found, Page } from "./Page.ts"
import type { QueryPlan } from "./QueryPlan.ts"

/**
 * A deploy as a store reads it: a value for each of `fields`, in their order, null where there is none, times as the domain
 * writes them and JSON as its text.
 */
export type RowValues = ReadonlyArray<unknown>

/** The fields of a deploy in the order of `RowValues`. */
export const fields: ReadonlyArray<Field> = Object.values(DeployFields.deploy.fields)

/** What has to be escaped in a JSON string, and what might have to. */
const odd = /["\\\p{Cc}\p{Cs}]/u

const quoted = (value: unknown) => {
  const text = String(value)
  return odd.test(text) ? JSON.stringify(text) : `"${text}"`
}

const writers: { readonly [K in Kind]: (value: unknown) => string } = {
  id: quoted,
  enum: quoted,
  text: quoted,
  time: quoted,
  number: String,
  boolean: String,
  json: String
}

const writeRow = (columns: ReadonlyArray<Field>) => {
  const parts = columns.map(({ kind, name }, i) => ({
    at: i,
    key: `${i === 0 ? "{" : ","}${JSON.stringify(name)}:`,
    write: writers[kind]
  }))
  return (values: ReadonlyArray<unknown>): string => {
    let text = ""
    for (const { at, key, write } of parts) {
      const value = values[at] ?? null
      text += key + (value === null ? "null" : write(value))
    }
    return `${text}}`
  }
}

const writeDeploy = writeRow(fields)

/** What a row holds in each key of an order. */
export const placeIn = (order: Order): ((row: RowValues) => ReadonlyArray<KeyValue>) => {
  const columns = order.map(({ field }) => fields.indexOf(field))
  return (row) => columns.map((column) => keyValue(row[column]))
}

/** The page of a plan as JSON, the same as `Page` encodes; rows go from the store into the text without being decoded. */
export const make = (plan: QueryPlan, found: Found<RowValues>): string => {
  const place = placeIn(plan.order)
  const { data, pageInfo } = cutPage(plan, found, (row) => Cursor.ofPlace(plan.order, place(row)))
  return `{"data":[${data.map(writeDeploy).join(",")}],"pageInfo":${JSON.stringify(pageInfo)}}`
}

/** A page that is there already, as JSON. */
export const encode = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(Page)))
