import { StoreError } from "@deploys/core"
import { Effect, Schedule, Schema } from "effect"
import { SqlError } from "effect/sql"

const again = Schedule.exponential("5 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 5 }))

/** A connection whose other end is gone without a word, or a lock that nobody lets go, is waited for no longer. */
const limit = "15 seconds"

/** The database undid the whole statement or transaction, and asks for it once more. */
const isUndone = (error: unknown) =>
  SqlError.isSqlError(error) && ["DeadlockError", "SerializationError"].includes(error.reason._tag)

/** Repeats what the database undid because of others, a few times. */
export const repeated = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, { schedule: again, while: isUndone })

/** Gives up what the database doesn't answer in time; what is under way is then cancelled, or its connection dropped. */
export const limited = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.timeoutOrElse(effect, {
    duration: limit,
    orElse: () =>
      Effect.fail(
        new SqlError.SqlError({ reason: new SqlError.ConnectionError({ cause: `No answer within ${limit}` }) })
      )
  })

/** What a store answers with: what the database can't answer is a `StoreError`, a row of our own that can't be read a defect. */
export const answered =
  (name: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.catchIf(effect, isDatabaseError, (error) =>
      SqlError.isSqlError(error) ? Effect.fail(new StoreError({ operation: name, cause: error })) : Effect.die(error)
    )

/** One operation of a store: what the database undid is repeated, within a time limit. */
export const operation =
  (name: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    answered(name)(limited(repeated(effect)))

const isDatabaseError = <E>(error: E): error is Extract<E, SqlError.SqlError | Schema.SchemaError> =>
  SqlError.isSqlError(error) || Schema.isSchemaError(error)
