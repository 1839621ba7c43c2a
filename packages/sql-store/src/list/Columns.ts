import type { Field, ResourceName } from "@deploys/core"
import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import type { TableName } from "../internal/identifiers.ts"
import { columnOf } from "../Rows.ts"
import type { ListDatabase } from "./ListDatabase.ts"

const tables: Readonly<Record<ResourceName, TableName>> = {
  deploy: "deploys",
  step: "deploy_steps",
  workspace: "workspaces",
  entity: "entities",
  build: "builds",
  version: "versions",
  sourceEvent: "source_events"
}

/** The table of a resource. */
export const tableOf = ({ table }: Database, resource: ResourceName): Statement.Fragment => table(tables[resource])

/** The column of a field under an alias. Names come from the description alone, never from a request. */
export const column = ({ sql }: Database, alias: string, field: Pick<Field.Field, "name">): Statement.Fragment =>
  sql.literal(`${alias}.${columnOf(field.name)}`)

/** The column that holds a field's rare values, and null in all other rows. Its migration names the same values. */
export const rareColumn = (db: Database, alias: string, { name }: Pick<Field.Field, "name">): Statement.Fragment =>
  column(db, alias, { name: `rare_${name}` })

/** The type that values are bound as. Numbers in filters and cursors are whole. */
const typeOf = ({ kind }: Pick<Field.Field, "kind">): string => {
  switch (kind) {
    case "boolean":
      return "boolean"
    case "number":
      return "bigint"
    case "time":
      return "timestamptz"
    default:
      return "text"
  }
}

/** One value as a parameter of its field's type. */
export const bound = (db: ListDatabase, field: Pick<Field.Field, "kind">, value: unknown): Statement.Fragment =>
  db.sql`${db.parameter(value, String)}::${db.sql.literal(typeOf(field))}`

/** Values as one array parameter of their field's type: a list of any length is one parameter. */
export const boundAll = (
  db: ListDatabase,
  field: Pick<Field.Field, "kind">,
  values: ReadonlyArray<unknown>
): Statement.Fragment => db.sql`${db.parameter(values, texts)}::text[]::${db.sql.literal(typeOf(field))}[]`

const texts = (values: ReadonlyArray<unknown>) => values.map(String)
