import type { SqlClient, Statement } from "effect/sql"

/** The column of a field. */
export const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** An instant as the domain writes it: microseconds, UTC. */
export const iso = (expression: string): string =>
  `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const isTime = (field: string) => field.endsWith("At")

/** The columns of an alias that make up a row of the domain, under the names of its fields. */
export const columns = (
  sql: SqlClient.SqlClient,
  alias: string,
  fields: Readonly<Record<string, unknown>>
): Statement.Fragment =>
  sql.literal(
    Object.keys(fields)
      .map((field) => `${value(alias, field)} AS "${field}"`)
      .join(", ")
  )

/** The same as one JSON object, for rows within a row. */
export const jsonObject = (
  sql: SqlClient.SqlClient,
  alias: string,
  fields: Readonly<Record<string, unknown>>
): Statement.Fragment =>
  sql.literal(
    `json_build_object(${Object.keys(fields)
      .map((field) => `'${field}', ${value(alias, field)}`)
      .join(", ")})`
  )

const value = (alias: string, field: string) => {
  const column = `${alias}.${columnOf(field)}`
  return isTime(field) ? iso(column) : column
}
