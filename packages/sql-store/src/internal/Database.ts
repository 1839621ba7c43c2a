import { Effect } from "effect"
import { SqlClient, type Statement } from "effect/sql"
import { DatabaseSchema } from "../DatabaseSchema.ts"
import { quoted, type TableName } from "./identifiers.ts"

/** What a statement is written with: a client, and the store's tables as fragments. */
export interface Database {
  readonly sql: SqlClient.SqlClient
  readonly table: (name: TableName) => Statement.Fragment
}

/** The client's database. The host's name transforms are left aside: rows come out under the names in the statements. */
export const makeDatabase = Effect.gen(function* () {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const schema = quoted(yield* DatabaseSchema)
  return { sql, table: (name) => sql.literal(`${schema}.${quoted(name)}`) } satisfies Database
})
