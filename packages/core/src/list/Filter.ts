import type { Schema } from "effect"
import type { Relation } from "./DeployFields.ts"
import type { Field } from "./Field.ts"

/** What a test looks at: a field, or with `keys` the value found under these keys of nested objects in a `json` field. */
export interface Subject {
  readonly field: Field
  /** Each leads one object deeper; none of them indexes an array. */
  readonly keys: ReadonlyArray<string>
}

/**
 * One test of a subject. A test of null does not hold, and neither does one of a JSON value of another type.
 *
 * `negated` makes it the exact complement, which therefore holds of null and of other types.
 */
export interface Test extends Subject {
  readonly negated: boolean
}

/** Null: nothing there, or JSON null. */
export interface IsNull extends Test {
  readonly _tag: "IsNull"
}

/** Equal to one of the values; never empty. JSON values are equal as PostgreSQL's `jsonb` has it. */
export interface In extends Test {
  readonly _tag: "In"
  readonly values: ReadonlyArray<Schema.Json>
}

/** Before or behind a value. Text by code point. */
export interface Range extends Test {
  readonly _tag: "Range"
  readonly operator: "lt" | "lte" | "gt" | "gte"
  readonly value: string | number
}

/** Text that holds another text. No character of it is a wildcard; with `ignoreCase` ASCII letters fold and no others. */
export interface Match extends Test {
  readonly _tag: "Match"
  readonly at: "anywhere" | "start" | "end"
  readonly ignoreCase: boolean
  readonly value: string
}

/** JSON that contains other JSON, as `jsonb @>` has it; but a string, number or boolean is contained by its equal alone. */
export interface Contains extends Test {
  readonly _tag: "Contains"
  readonly value: Schema.Json
}

/** A JSON object that has this key. */
export interface HasKey extends Test {
  readonly _tag: "HasKey"
  readonly key: string
}

/** All of the filters; at least two. */
export interface And {
  readonly _tag: "And"
  readonly filters: ReadonlyArray<Filter>
}

/** At least one of the filters; at least two. */
export interface Or {
  readonly _tag: "Or"
  readonly filters: ReadonlyArray<Filter>
}

/** Whether the relation leads to a row that the filter lets through; with `negated` whether it leads to none. */
export interface Related {
  readonly _tag: "Related"
  readonly relation: Relation
  readonly negated: boolean
  readonly filter: Filter
}

/** Every row, or none. */
export interface Constant {
  readonly _tag: "Constant"
  readonly value: boolean
}

/** Which rows are let through. Two-valued: of a row a filter and its `not` never say the same. */
export type Filter = Constant | And | Or | Related | IsNull | In | Range | Match | Contains | HasKey

/** Lets every row through. */
export const everything: Filter = { _tag: "Constant", value: true }

/** Lets no row through. */
export const nothing: Filter = { _tag: "Constant", value: false }

const constant = (value: boolean) => (value ? everything : nothing)

/** A field, or what is found under keys of a `json` field. */
export const subject = (field: Field, keys: ReadonlyArray<string> = []): Subject => ({ field, keys })

const mayBeNull = ({ field, keys }: Subject) => field.nullable || keys.length > 0

/** Null. */
export const isNull = (subject: Subject): Filter =>
  mayBeNull(subject) ? { _tag: "IsNull", ...subject, negated: false } : nothing

/** Equal to one of the values. */
export const isIn = (subject: Subject, values: ReadonlyArray<Schema.Json>): Filter =>
  values.length === 0 ? nothing : { _tag: "In", ...subject, negated: false, values: [...new Set(values)] }

/** Equal to the value. */
export const equals = (subject: Subject, value: Schema.Json): Filter => isIn(subject, [value])

/** Before or behind the value. */
export const range = (subject: Subject, operator: Range["operator"], value: string | number): Filter => ({
  _tag: "Range",
  ...subject,
  negated: false,
  operator,
  value
})

/** Text that holds the value. */
export const match = (subject: Subject, options: Pick<Match, "at" | "ignoreCase" | "value">): Filter => ({
  _tag: "Match",
  ...subject,
  negated: false,
  ...options
})

/** JSON that contains the value. */
export const contains = (subject: Subject, value: Schema.Json): Filter => ({
  _tag: "Contains",
  ...subject,
  negated: false,
  value
})

/** An object with this key. */
export const hasKey = (subject: Subject, key: string): Filter => ({ _tag: "HasKey", ...subject, negated: false, key })

/** The relation leads to a row that the filter lets through. */
export const related = (relation: Relation, filter: Filter): Filter =>
  isConstant(filter, false) ? nothing : { _tag: "Related", relation, negated: false, filter }

const isConstant = (filter: Filter, value: boolean) => filter._tag === "Constant" && filter.value === value

/** All of the filters; `everything` if there are none. */
export const and = (filters: ReadonlyArray<Filter>): Filter => {
  const parts: Array<Filter> = []
  for (const part of filters.flatMap(conjuncts)) narrow(parts, part)
  if (parts.some((part) => isConstant(part, false))) return nothing
  return parts.length > 1 ? { _tag: "And", filters: parts } : (parts[0] ?? everything)
}

const conjuncts = (filter: Filter) =>
  filter._tag === "And" ? filter.filters : isConstant(filter, true) ? [] : [filter]

/** At least one of the filters; `nothing` if there are none. */
export const or = (filters: ReadonlyArray<Filter>): Filter => {
  const parts = filters
    .flatMap((filter) => (filter._tag === "Or" ? filter.filters : [filter]))
    .filter((filter) => !isConstant(filter, false))
  if (parts.some((filter) => isConstant(filter, true))) return everything
  return parts.length > 1 ? { _tag: "Or", filters: parts } : (parts[0] ?? nothing)
}

// A caller's choice of workspaces meets their scope here: what is left is one short list, or nothing to ask for at all.
const narrow = (parts: Array<Filter>, next: Filter): void => {
  const at = isPlainIn(next) ? parts.findIndex((part) => isPlainIn(part) && part.field === next.field) : -1
  const part = parts[at]
  if (part?._tag === "In" && next._tag === "In") {
    const allowed = new Set(next.values)
    parts[at] = isIn(
      part,
      part.values.filter((value) => allowed.has(value))
    )
  } else parts.push(next)
}

const isPlainIn = (filter: Filter): filter is In => filter._tag === "In" && !filter.negated && filter.keys.length === 0

const inverse = { lt: "gte", lte: "gt", gt: "lte", gte: "lt" } as const

/** The exact complement: lets through what the filter does not. Negation ends in the tests and relations. */
export const not = (filter: Filter): Filter => {
  switch (filter._tag) {
    case "Constant":
      return constant(!filter.value)
    case "And":
      return or(filter.filters.map(not))
    case "Or":
      return and(filter.filters.map(not))
    case "Range":
      return mayBeNull(filter)
        ? { ...filter, negated: !filter.negated }
        : { ...filter, operator: inverse[filter.operator] }
    default:
      return { ...filter, negated: !filter.negated }
  }
}
