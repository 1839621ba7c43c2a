import type { Relation } from "./DeployFields.ts"
import { compareText, foldAscii } from "./Collation.ts"
import { read } from "./Field.ts"
import type { Contains, Filter, HasKey, In, IsNull, Match, Range, Related } from "./Filter.ts"
import * as JsonValue from "./JsonValue.ts"

/** The rows that a relation leads to from a row: for a to-one relation one, or none. */
export type Relatives = (relation: Relation, row: object) => ReadonlyArray<object>

/** Makes the test of a filter in memory. Rows hold each field under its name. */
export const make = (filter: Filter, relatives: Relatives): ((row: object) => boolean) => {
  switch (filter._tag) {
    case "Constant":
      return () => filter.value
    case "And": {
      const all = filter.filters.map((part) => make(part, relatives))
      return (row) => all.every((holds) => holds(row))
    }
    case "Or": {
      const any = filter.filters.map((part) => make(part, relatives))
      return (row) => any.some((holds) => holds(row))
    }
    case "Related":
      return relation(filter, relatives)
    default:
      return test(filter)
  }
}

const relation = ({ filter, negated, relation }: Related, relatives: Relatives) => {
  const holds = make(filter, relatives)
  return (row: object) => relatives(relation, row).some(holds) !== negated
}

type AnyTest = IsNull | In | Range | Match | Contains | HasKey

const test = (leaf: AnyTest) => {
  const holds = testOf(leaf)
  const { field, keys, negated } = leaf
  return (row: object) => holds(keys.reduce(JsonValue.at, read(row, field))) !== negated
}

const testOf = (leaf: AnyTest): ((value: unknown) => boolean) => {
  switch (leaf._tag) {
    case "IsNull":
      return (value) => value === null
    case "In":
      return inTest(leaf)
    case "Range":
      return rangeTest(leaf)
    case "Match":
      return matchTest(leaf)
    case "Contains":
      return (value) => value !== null && JsonValue.contains(value, leaf.value)
    case "HasKey":
      return (value) => JsonValue.isObject(value) && Object.hasOwn(value, leaf.key)
  }
}

const inTest = ({ field, values }: In) => {
  if (field.kind === "json") {
    return (value: unknown) => value !== null && values.some((wanted) => JsonValue.equals(value, wanted))
  }
  const members = new Set<unknown>(values)
  return (value: unknown) => members.has(value)
}

const inRange = {
  lt: (sign: number) => sign < 0,
  lte: (sign: number) => sign <= 0,
  gt: (sign: number) => sign > 0,
  gte: (sign: number) => sign >= 0
}

const rangeTest = ({ operator, value: bound }: Range) => {
  const holds = inRange[operator]
  return typeof bound === "number"
    ? (value: unknown) => typeof value === "number" && holds(value - bound)
    : (value: unknown) => typeof value === "string" && holds(compareText(value, bound))
}

const placed = {
  anywhere: (text: string, part: string) => text.includes(part),
  start: (text: string, part: string) => text.startsWith(part),
  end: (text: string, part: string) => text.endsWith(part)
}

const matchTest = ({ at, ignoreCase, value: part }: Match) => {
  const holds = placed[at]
  const folded = foldAscii(part)
  return ignoreCase
    ? (value: unknown) => typeof value === "string" && holds(foldAscii(value), folded)
    : (value: unknown) => typeof value === "string" && holds(value, part)
}
