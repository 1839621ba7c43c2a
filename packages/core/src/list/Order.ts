import { Array } from "effect"
import { compareText } from "./Collation.ts"
import { DeployFields } from "./DeployFields.ts"
import { type Field, read, type Value } from "./Field.ts"

/** The directions of `orderBy`, each with where nulls stand; the plain ones place them as PostgreSQL does. */
export const directions = {
  asc: { descending: false, nullsFirst: false },
  desc: { descending: true, nullsFirst: true },
  asc_nulls_first: { descending: false, nullsFirst: true },
  asc_nulls_last: { descending: false, nullsFirst: false },
  desc_nulls_first: { descending: true, nullsFirst: true },
  desc_nulls_last: { descending: true, nullsFirst: false }
} as const

/** A direction of `orderBy`. */
export type Direction = keyof typeof directions

/** One key of an order. `nullsFirst` counts in the list's own order, and is there also where the field has no nulls. */
export interface Key {
  readonly field: Field
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** A total order of deploys: `id` is among its keys. */
export type Order = Array.NonEmptyReadonlyArray<Key>

/** What a row holds in a key. */
export type KeyValue = Value | null

/** One key. */
export const key = (field: Field, direction: Direction): Key => ({ field, ...directions[direction] })

/** The order by these keys, then by `id` in the last one's direction unless it is among them. */
export const make = (keys: Array.NonEmptyReadonlyArray<Key>): Order => {
  const { id } = DeployFields.deploy.fields
  const { descending } = Array.lastNonEmpty(keys)
  return keys.some(({ field }) => field === id) ? keys : [...keys, key(id, descending ? "desc" : "asc")]
}

/** The order of a list that asks for none: newest first. */
export const newest: Order = make([key(DeployFields.deploy.fields.createdAt, "desc")])

/** A value as a key holds it; null for what no key holds. */
export const keyValue = (value: unknown): KeyValue =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null

/** What the row holds in each key: its place in the order. */
export const placeOf = (order: Order, row: object): ReadonlyArray<KeyValue> =>
  order.map(({ field }) => keyValue(read(row, field)))

const compareValues = (a: Value, b: Value) =>
  typeof a === "string" && typeof b === "string" ? compareText(a, b) : Number(a) - Number(b)

const compareKey = ({ descending, nullsFirst }: Key, left: KeyValue, right: KeyValue) => {
  if (left === null || right === null) {
    return (Number(right === null) - Number(left === null)) * (nullsFirst ? 1 : -1)
  }
  return compareValues(left, right) * (descending ? -1 : 1)
}

/** Compares what `placeOf` found in two rows: negative where the first stands before the second. */
export const comparePlaces =
  (order: Order) =>
  (a: ReadonlyArray<KeyValue>, b: ReadonlyArray<KeyValue>): number => {
    for (const [i, key] of order.entries()) {
      const sign = compareKey(key, a[i] ?? null, b[i] ?? null)
      if (sign !== 0) return sign
    }
    return 0
  }

/** Compares two rows: negative where the first stands before the second. */
export const compare =
  (order: Order) =>
  (a: object, b: object): number => {
    for (const key of order) {
      const sign = compareKey(key, keyValue(read(a, key.field)), keyValue(read(b, key.field)))
      if (sign !== 0) return sign
    }
    return 0
  }

/** Tells orders apart that differ in fields, directions or places of nulls. */
export const fingerprint = (order: Order): string =>
  order
    .map(({ descending, field, nullsFirst }) => `${descending ? "-" : "+"}${nullsFirst ? "^" : ""}${field.name}`)
    .join("")
