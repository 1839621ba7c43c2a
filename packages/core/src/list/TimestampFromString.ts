import { Effect, Schema, SchemaIssue, SchemaTransformation } from "effect"
import { Timestamp } from "../domain/Timestamp.ts"
import * as Instant from "./Instant.ts"

const expected = "an RFC 3339 time such as 2026-11-24T17:44:12Z, with at most six digits of a second"

/** A time as people and programs write it, by RFC 3339 and in any offset, read as a `Timestamp`. */
export const TimestampFromString = Schema.String.annotate({ format: "date-time" }).pipe(
  Schema.decodeTo(
    Timestamp,
    SchemaTransformation.transformEffect<typeof Timestamp.Encoded, string>({
      decode: (text) => {
        const instant = Instant.parse(text)
        return instant === undefined || instant === "earlier" || instant === "later"
          ? Effect.fail(new SchemaIssue.InvalidValue({ message: `Expected ${expected}` }))
          : Effect.succeed(instant)
      },
      encode: (timestamp) => Effect.succeed(timestamp)
    })
  )
)
