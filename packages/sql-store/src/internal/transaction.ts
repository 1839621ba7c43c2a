import { Effect } from "effect"
import { SqlClient, SqlError } from "effect/sql"

/**
 * A transaction whose every statement sees what was committed before it began. Waiting for a lock first and reading then
 * needs this, whatever level the database has as its default.
 *
 * Where the connection is lost, the rollback fails too and dies: that is an error of the database all the same.
 */
export const readCommitted = <A, E, R>(sql: SqlClient.SqlClient, effect: Effect.Effect<A, E, R>) =>
  sql.withTransaction(effect).pipe(
    Effect.provideService(SqlClient.BeginTransaction, "BEGIN ISOLATION LEVEL READ COMMITTED"),
    Effect.catchDefect((defect) => (SqlError.isSqlError(defect) ? Effect.fail(defect) : Effect.die(defect)))
  )
