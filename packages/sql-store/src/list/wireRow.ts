import type { Field, Order } from "@deploys/core"
import { int32 } from "./int32.ts"
import { timeOfWire } from "./wireTime.ts"

/**
 * A row as `record_send` writes it: how many fields there are, then of each its type, how many bytes it has, or -1 for null,
 * and those bytes, all in PostgreSQL's binary format. The driver hands it over as it is, where it would make a value of each
 * field by itself.
 */
export type WireRow = Uint8Array

/** Where the first field is, behind the count. */
export const firstField = 4

/** Where a field's length stands, behind its type. */
const lengthAt = 4

/** How many bytes stand in front of a field's own. */
export const fieldHead = 8

/** How many bytes a field has that begins here; -1 for null. */
export const lengthOf = (row: WireRow, at: number): number => int32(row, at + lengthAt)

const valueOf = (row: WireRow, { kind }: Field.Field, from: number, to: number): Order.KeyValue => {
  switch (kind) {
    case "boolean":
      return row[from] === 1
    case "number":
      return int32(row, from)
    case "time":
      return timeOfWire(row, from)
    default:
      return Buffer.from(row.buffer, row.byteOffset + from, to - from).toString("utf8")
  }
}

/** What rows of these fields hold in each key of an order: their places in it. */
export const placeOfWire = (fields: ReadonlyArray<Field.Field>, order: Order.Order) => {
  const columns = order.map(({ field }) => fields.indexOf(field))
  const last = Math.max(...columns)
  return (row: WireRow): ReadonlyArray<Order.KeyValue> => {
    const found: Array<Order.KeyValue> = order.map(() => null)
    let at = firstField
    for (let column = 0; column <= last; column++) {
      const length = lengthOf(row, at)
      const [from, to] = [at + fieldHead, at + fieldHead + Math.max(0, length)]
      const [key, field] = [columns.indexOf(column), fields[column]]
      if (key >= 0 && length >= 0 && field !== undefined) found[key] = valueOf(row, field, from, to)
      at = to
    }
    return found
  }
}
