import { type Timestamp, TimestampFromString, timestampFromMicros } from "@deploys/core"
import { Clock, Effect, Option, Schema } from "effect"

const unitMicros: ReadonlyMap<string, bigint> = new Map([
  ["h", 3_600_000_000n],
  ["d", 86_400_000_000n],
  ["w", 604_800_000_000n]
])

const decodeTime = Schema.decodeOption(TimestampFromString)

const distance = (text: string) => {
  const [, count = "", unit = ""] = /^([1-9][0-9]{0,4})([hdw])$/.exec(text) ?? []
  const micros = unitMicros.get(unit)
  return micros === undefined ? Option.none() : Option.some(BigInt(count) * micros)
}

/** What an expiry is written as. */
export const expiryForm = "hours, days or weeks such as 12h, 30d or 4w, or a time such as 2027-01-31T12:00:00Z"

/** A time, or how far it is from now. */
export type Expiry = Timestamp | bigint

/** Reads an expiry: a time, or a number of hours, days or weeks from now. */
export const readExpiry = (text: string): Option.Option<Expiry> =>
  Option.orElse<Expiry, Expiry>(distance(text), () => decodeTime(text))

/** When that is. */
export const expiryTime = (expiry: Expiry): Effect.Effect<Timestamp> =>
  typeof expiry === "bigint"
    ? Effect.map(Clock.currentTimeNanos, (nanos) => timestampFromMicros(nanos / 1000n + expiry))
    : Effect.succeed(expiry)
