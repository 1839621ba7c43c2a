import type { Filter } from "@deploys/core"
import type { Statement } from "effect/sql"
import { storedJson } from "../internal/storedJson.ts"
import { bound, boundAll, column, rareColumn, tableOf } from "./Columns.ts"
import type { ListDatabase } from "./ListDatabase.ts"

type Leaf = Filter.IsNull | Filter.In | Filter.Range | Filter.Match | Filter.Contains | Filter.HasKey

/**
 * The condition of a filter on the rows of an alias.
 *
 * Negation stands at tests and relations alone, and there it is exact (`IS NOT TRUE`, `NOT EXISTS`). A null among the other
 * conditions lets no row through, as false would: filters stay two-valued.
 */
export const condition = (db: ListDatabase, filter: Filter.Filter, alias: string, depth = 0): Statement.Fragment => {
  const { sql } = db
  switch (filter._tag) {
    case "Constant":
      return sql.literal(filter.value ? "true" : "false")
    case "And":
      return sql.and(filter.filters.map((part) => condition(db, part, alias, depth)))
    case "Or":
      return sql.or(filter.filters.map((part) => condition(db, part, alias, depth)))
    case "Related":
      return related(db, filter, alias, depth + 1)
    default:
      return leaf(db, filter, alias)
  }
}

/** An index finds what is not null by `IS NOT NULL` alone. */
const leaf = (db: ListDatabase, leaf: Leaf, alias: string): Statement.Fragment => {
  const { sql } = db
  if (!leaf.negated) return test(db, leaf, alias)
  return leaf._tag === "IsNull" && leaf.field.kind !== "json"
    ? sql`${column(db, alias, leaf.field)} IS NOT NULL`
    : sql`(${test(db, leaf, alias)}) IS NOT TRUE`
}

const related = (db: ListDatabase, { filter, negated, relation }: Filter.Related, alias: string, depth: number) => {
  const { sql } = db
  const inner = `r${depth}`
  return sql`${sql.literal(negated ? "NOT EXISTS" : "EXISTS")} (
    SELECT FROM ${tableOf(db, relation.target)} ${sql.literal(inner)}
    WHERE ${column(db, inner, { name: relation.foreign })} = ${column(db, alias, { name: relation.local })}
      AND ${condition(db, filter, inner, depth)})`
}

const test = (db: ListDatabase, leaf: Leaf, alias: string): Statement.Fragment => {
  const { sql } = db
  const plain = column(db, alias, leaf.field)
  if (leaf._tag === "In" && leaf.field.rare.length > 0) return rareTest(db, leaf, alias)
  if (leaf.field.kind !== "json") return plainTest(db, leaf, plain)
  // A chain of `->` with text never indexes an array, as `#>` would.
  return jsonTest(
    db,
    leaf,
    leaf.keys.reduce<Statement.Fragment>((value, key) => sql`${value} -> ${db.parameter(key, same)}::text`, plain)
  )
}

const operators = { lt: "<", lte: "<=", gt: ">", gte: ">=" } as const

const within = (db: ListDatabase, { field, values }: Filter.In, value: Statement.Fragment): Statement.Fragment =>
  values.length === 1
    ? db.sql`${value} = ${bound(db, field, values[0])}`
    : db.sql`${value} = ANY (${boundAll(db, field, values)})`

/**
 * Where all that is asked for is rare, it also stands in the column of rare values, whose index then finds it. PostgreSQL
 * knows which of the two alternatives holds before it plans, since they hang on parameters alone.
 */
const rareTest = (db: ListDatabase, leaf: Filter.In, alias: string): Statement.Fragment => {
  const { field, values } = leaf
  const { sql } = db
  const rare = sql.literal(`'{${field.rare.join(",")}}'::text[]`)
  const others =
    values.length === 1
      ? sql`${bound(db, field, values[0])} <> ALL (${rare})`
      : sql`NOT ${boundAll(db, field, values)} <@ ${rare}`
  return sql`${within(db, leaf, column(db, alias, field))} AND (${within(db, leaf, rareColumn(db, alias, field))} OR ${others})`
}

const plainTest = (db: ListDatabase, leaf: Leaf, value: Statement.Fragment): Statement.Fragment => {
  const { sql } = db
  switch (leaf._tag) {
    case "IsNull":
      return sql`${value} IS NULL`
    case "In":
      return within(db, leaf, value)
    case "Range":
      return sql`${value} ${sql.literal(operators[leaf.operator])} ${bound(db, leaf.field, leaf.value)}`
    case "Match":
      return matches(db, leaf, value)
    case "Contains":
    case "HasKey":
      return sql.literal("false")
  }
}

/** Missing and JSON null are null; a value compares only with its own JSON type. */
const jsonTest = (db: ListDatabase, leaf: Leaf, value: Statement.Fragment): Statement.Fragment => {
  const { sql } = db
  switch (leaf._tag) {
    case "IsNull":
      return sql`coalesce(${value}, 'null') = 'null'`
    case "In":
      return leaf.values.length === 1
        ? sql`${value} = ${db.parameter(leaf.values[0], storedJson)}::jsonb`
        : sql`${value} = ANY (ARRAY(SELECT jsonb_array_elements(${db.parameter(leaf.values, storedJson)}::jsonb)))`
    case "Range":
      return jsonRange(db, leaf, value)
    case "Match":
      return sql`jsonb_typeof(${value}) = 'string' AND ${matches(db, leaf, sql`((${value}) #>> '{}')`)}`
    case "Contains":
      // `@>` also finds a scalar among an array's elements.
      return sql`${value} ${sql.literal(isScalar(leaf.value) ? "=" : "@>")} ${db.parameter(leaf.value, storedJson)}::jsonb`
    case "HasKey":
      return sql`jsonb_typeof(${value}) = 'object' AND (${value}) ? ${db.parameter(leaf.key, same)}::text`
  }
}

const same = (value: string) => value

const isScalar = (value: unknown) => typeof value !== "object"

/** The cast of what is no number would fail, so it stands behind the test of the type. */
const jsonRange = (db: ListDatabase, { operator, value: limit }: Filter.Range, value: Statement.Fragment) => {
  const { sql } = db
  const sign = sql.literal(operators[operator])
  return typeof limit === "number"
    ? sql`CASE WHEN jsonb_typeof(${value}) = 'number' THEN (${value})::numeric ${sign} ${db.parameter(limit, String)}::numeric END`
    : sql`jsonb_typeof(${value}) = 'string' AND ((${value}) #>> '{}') COLLATE "C" ${sign} ${db.parameter(limit, same)}::text`
}

/** Without patterns, so that there is no wildcard to escape. `lower` under "C" folds ASCII letters alone. */
const matches = (
  { parameter, sql }: ListDatabase,
  { at, ignoreCase, value: part }: Filter.Match,
  value: Statement.Fragment
) => {
  const fold = (text: Statement.Fragment) => (ignoreCase ? sql`lower(${text} COLLATE "C")` : text)
  const [text, wanted] = [fold(value), fold(sql`${parameter(part, same)}::text`)]
  switch (at) {
    case "anywhere":
      return sql`strpos(${text}, ${wanted}) > 0`
    case "start":
      return sql`starts_with(${text}, ${wanted})`
    case "end":
      return sql`right(${text}, length(${wanted})) = ${wanted}`
  }
}
