import type { Schema } from "effect"

/** A JSON object as `JSON.parse` makes it. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What stands under this key; null where the value is no object or has no such key of its own. */
export const at = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? (value[key] ?? null) : null

/** Whether two JSON values are equal, as `jsonb =` has it: the order of keys does not matter. */
export const equals = (value: unknown, other: Schema.Json): boolean => {
  if (Array.isArray(value)) {
    return (
      Array.isArray(other) && value.length === other.length && value.every((item, i) => equals(item, other[i] ?? null))
    )
  }
  if (!isObject(value)) return value === other
  if (!isObject(other)) return false
  const keys = Object.keys(value)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && equals(value[key], other[key] ?? null))
  )
}

/**
 * Whether a JSON value contains another, as `jsonb @>` has it: of an object each key with what it contains, of an array
 * each element somewhere. A string, number or boolean is contained by its equal alone, in an array's place too.
 */
export const contains = (value: unknown, part: Schema.Json): boolean => {
  if (Array.isArray(part)) {
    return Array.isArray(value) && part.every((wanted) => value.some((item) => contains(item, wanted)))
  }
  if (!isObject(part)) return value === part
  return (
    isObject(value) &&
    Object.entries(part).every(([key, wanted]) => Object.hasOwn(value, key) && contains(value[key], wanted))
  )
}
