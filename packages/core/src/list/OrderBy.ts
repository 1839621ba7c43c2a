import { Array, Record, Schema, SchemaTransformation } from "effect"
import { DeployFields } from "./DeployFields.ts"
import { Faults } from "./Faults.ts"
import type { Spec } from "./Field.ts"
import { Input } from "./Input.ts"
import { isObject } from "./JsonValue.ts"
import { type Direction, directions, type Key, key, make, type Order } from "./Order.ts"

type Specs = (typeof DeployFields)["deploy"]["specs"]["fields"]

/** The fields of a deploy that a list can be ordered by: all but JSON. */
export type OrderField = {
  readonly [Name in keyof Specs]: Specs[Name] extends Spec<"json"> ? never : Name
}[keyof Specs]

/** One key of `orderBy`: a field with its direction. */
export type OrderByKey = {
  readonly [Name in OrderField]: { readonly [Only in Name]: Direction }
}[OrderField]

/** The keys of an order, first things first. `id` is appended in the last one's direction unless it is among them. */
export type OrderBy = Array.NonEmptyReadonlyArray<OrderByKey>

const names = Record.keys(directions)

const fields = Record.filter(DeployFields.deploy.fields, ({ kind }) => kind !== "json")

const isOrderBy = (input: unknown): input is OrderBy => {
  const faults = new Faults()
  decodeOrder(new Input(input, faults))
  return faults.none
}

const direction = Schema.Literals(names).annotate({
  identifier: "Direction",
  description: "Plain `asc` puts nulls last and plain `desc` first."
})

const shape: Schema.Codec<unknown, unknown> = Schema.Array(
  Schema.Struct(Record.map(fields, () => Schema.optionalKey(direction)))
    .check(Schema.isBetweenProperties(1, 1))
    .annotate({ identifier: "OrderByKey", description: "One field with its direction." })
)
  .check(Schema.isMinLength(1))
  .annotate({ description: 'The keys of an order, first things first. Default: `[{"createdAt":"desc"}]`.' })

/** The keys of an order, each an object of one field with its direction. */
export const OrderBy = Schema.declare(isOrderBy, {
  expected: "keys of an order",
  toCodecJson: () =>
    Schema.link<OrderBy>()(shape, SchemaTransformation.passthrough<OrderBy, unknown>({ strict: false }))
})

/** Reads an `orderBy`. Undefined where something is wrong, and that is noted. */
export const decodeOrder = (input: Input): Order | undefined => {
  const items = input.items()
  if (Array.isArray(input.value) && items.length === 0) input.fault("required", "Expected at least one key")
  const found = items.flatMap(keyOf)
  const twice = found.filter(([key], i) => found.findIndex(([{ field }]) => field === key.field) < i)
  for (const [, at] of twice) at.fault("conflict", "This field is among the keys already")
  const keys = found.map(([key]) => key)
  const sound = keys.length === items.length && twice.length === 0
  return sound && Array.isReadonlyArrayNonEmpty(keys) ? make(keys) : undefined
}

const keyOf = (item: Input): ReadonlyArray<readonly [Key, Input]> => {
  const [entry, ...others] = isObject(item.value) ? item.entries() : []
  if (entry === undefined || others.length > 0) {
    item.fault("invalid", "Expected an object of one field with its direction: objects keep no order")
    return []
  }
  const [name, value] = entry
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  const direction = names.find((known) => known === value.value)
  if (field === undefined) value.fault("unknown", `Unknown field; there are ${Record.keys(fields).join(", ")}`)
  else if (direction === undefined) value.fault("invalid", `Expected one of ${names.join(", ")}`)
  else return [[key(field, direction), value]]
  return []
}
