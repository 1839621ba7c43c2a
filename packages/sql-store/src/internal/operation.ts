import { StoreError } from "@deploys/core"
import { Effect, Schedule, Schema } from "effect"
import { SqlError } from "effect/sql"

const again = Schedule.exponential("5 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 5 }))

/** The database undid the whole statement or transaction, and asks for it once more. */
const isUndone = (error: unknown) =>
  SqlError.isSqlError(error) && ["DeadlockError", "SerializationError"].includes(error.reason._tag)

/** Repeats what the database undid because of others, a few times. */
export const repeated = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, { schedule: again, while: isUndone })

/**
 * One operation of a store: what the database undid is repeated, what it can't answer is a `StoreError`, and a row of our own
 * that can't be read is a defect.
 */
export const operation =
  (name: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.catchIf(repeated(effect), isDatabaseError, (error) =>
      SqlError.isSqlError(error) ? Effect.fail(new StoreError({ operation: name, cause: error })) : Effect.die(error)
    )

const isDatabaseError = <E>(error: E): error is Extract<E, SqlError.SqlError | Schema.SchemaError> =>
  SqlError.isSqlError(error) || Schema.isSchemaError(error)
