import { Context, Schema } from "effect"

/** PostgreSQL cuts a longer name in silence, and two names could then be one. */
const maxBytes = 63

/** A name for the schema that holds the tables: 1–63 bytes of UTF-8 without NUL, not starting with `pg_`. */
export const SchemaName = Schema.String.check(
  Schema.makeFilter(
    (name: string) =>
      (name !== "" &&
        name.isWellFormed() &&
        !name.includes("\u0000") &&
        !name.startsWith("pg_") &&
        new TextEncoder().encode(name).length <= maxBytes) ||
      "1 to 63 bytes without NUL, not starting with pg_"
  )
).pipe(Schema.brand("SchemaName"))
/** A name for the schema that holds the tables. */
export type SchemaName = typeof SchemaName.Type

/** The schema that holds the tables; migrations and store have to be given the same one. Default: `deploys`. */
export const DatabaseSchema = Context.Reference<SchemaName>("@deploys/sql-store/DatabaseSchema", {
  defaultValue: () => SchemaName.make("deploys")
})
