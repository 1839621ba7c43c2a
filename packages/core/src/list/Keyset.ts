import type { Filter } from "./Filter.ts"
import { and, equals, everything, isNull, not, nothing, or, range, subject } from "./Filter.ts"
import type { Key, KeyValue, Order } from "./Order.ts"

/** On which side of a place in the order the page lies: behind it, or before it. */
export type Side = "after" | "before"

/** A place in the order, and the side of it that is wanted. `values` has one for each key of the order. */
export interface Position {
  readonly side: Side
  readonly values: ReadonlyArray<KeyValue>
}

const same = (key: Key, value: KeyValue): Filter =>
  value === null ? isNull(subject(key.field)) : equals(subject(key.field), value)

const present = (key: Key): Filter => not(isNull(subject(key.field)))

/** What lies beyond the value in one key, nearest first: values, then nulls where these are still to come. */
const beyond = (key: Key, value: KeyValue, side: Side): ReadonlyArray<Filter> => {
  const nullsAhead = key.nullsFirst === (side === "before")
  if (value === null) return nullsAhead ? [] : [present(key)]
  const bound =
    typeof value === "boolean" ? flags(key, value, side) : [range(subject(key.field), towards(key, side), value)]
  return nullsAhead ? [...bound, isNull(subject(key.field))] : bound
}

const towards = (key: Key, side: Side) => (key.descending === (side === "before") ? "gt" : "lt")

const flags = (key: Key, value: boolean, side: Side): ReadonlyArray<Filter> =>
  value === (towards(key, side) === "lt") ? [equals(subject(key.field), !value)] : []

/** The keys that tell rows apart: those behind the id part no two. */
export const deciding = (order: Order): ReadonlyArray<Key> =>
  order.slice(0, order.findIndex(({ field }) => field.name === "id") + 1)

/** The rows with the same values as the place in the keys. */
export const at = (keys: ReadonlyArray<Key>, { values }: Position): Filter =>
  and(keys.map((key, i) => same(key, values[i] ?? null)))

/**
 * The rows on that side of the place in the keys, as branches, nearest first: those of one branch all stand nearer than those
 * of the next.
 *
 * Each is a conjunction: the same values as the place in the first keys, and one beyond it, or null, in the next key.
 */
export const branches = (keys: ReadonlyArray<Key>, position: Position): ReadonlyArray<Filter> =>
  keys
    .flatMap((key, depth) =>
      beyond(key, position.values[depth] ?? null, position.side).map((filter) => ({
        depth,
        filter: and([at(keys.slice(0, depth), position), filter])
      }))
    )
    .toSorted((a, b) => b.depth - a.depth)
    .map(({ filter }) => filter)
    .filter((filter) => filter !== nothing)

/** The rows on that side of the place, its own row never among them. */
export const make = (order: Order, position: Position | null): Filter =>
  position === null ? everything : or(branches(deciding(order), position))
