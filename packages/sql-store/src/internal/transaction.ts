import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * A transaction whose every statement sees what was committed before it began. Waiting for a lock first and reading then
 * needs this, whatever level the database has as its default.
 */
export const readCommitted = <A, E, R>(sql: SqlClient.SqlClient, effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(sql.withTransaction(effect), SqlClient.BeginTransaction, "BEGIN ISOLATION LEVEL READ COMMITTED")
