import { Clock, DateTime, Effect, Schema } from "effect"

/**
 * An instant at microseconds, kept as ISO 8601 text in UTC: `2026-11-24T17:44:12.123456Z`.
 *
 * PostgreSQL keeps microseconds and a JavaScript `Date` only milliseconds, so a timestamp is never turned into a `Date`.
 * The text has one form only, so text order is time order.
 */
export const Timestamp = Schema.String.annotate({ format: "date-time", examples: ["2026-11-24T17:44:12.123456Z"] })
  .check(
    Schema.isPattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/u, {
      expected: "an instant such as 2026-11-24T17:44:12.123456Z"
    })
  )
  .pipe(Schema.brand("Timestamp"))
/** An instant at microseconds, kept as ISO 8601 text in UTC. */
export type Timestamp = typeof Timestamp.Type

/** The instant so many microseconds after 1970-01-01T00:00:00Z. */
export const timestampFromMicros = (micros: bigint): Timestamp => {
  const millis = DateTime.formatIso(DateTime.makeUnsafe(Number(micros / 1000n)))
  return Timestamp.make(`${millis.slice(0, -1)}${String(micros % 1000n).padStart(3, "0")}Z`)
}

/** The present instant by the `Clock` service. */
export const timestampNow: Effect.Effect<Timestamp> = Effect.map(Clock.currentTimeNanos, (nanos) =>
  timestampFromMicros(nanos / 1000n)
)

/** Milliseconds from `start` to `end`, cut to whole ones. */
export const timestampDistance = (start: Timestamp, end: Timestamp): number =>
  DateTime.toEpochMillis(DateTime.makeUnsafe(end)) - DateTime.toEpochMillis(DateTime.makeUnsafe(start))
