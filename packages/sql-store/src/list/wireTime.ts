import { DateTime } from "effect"
import { int32 } from "./int32.ts"

/** PostgreSQL counts microseconds from 2000-01-01, which is so many seconds after 1970-01-01. */
const epoch = 946_684_800

const zero = 0x30

/** Two digits and what stands behind them. */
const two = (out: Uint8Array, at: number, value: number, behind: string) => {
  const tens = Math.trunc(value / 10)
  out[at] = zero + tens
  out[at + 1] = zero + value - 10 * tens
  out[at + 2] = behind.charCodeAt(0)
}

/** So many days are known at most: 27 years. */
const most = 10_000

// Only a date needs a calendar, and rows are of few days.
const days = new Map<number, Uint8Array>()

const dateOf = (day: number) => {
  const known = days.get(day)
  if (known !== undefined) return known
  const text = new TextEncoder().encode(DateTime.formatIsoDateUtc(DateTime.makeUnsafe(day * 86_400_000)))
  if (days.size === most) days.clear()
  days.set(day, text)
  return text
}

/** How long a time is as the domain writes it. */
export const timeLength = "2026-01-01T00:00:00.000000Z".length

/**
 * Writes a time as the domain writes it, of the eight bytes from a place on: microseconds in a signed integer. Digit by
 * digit, since a text of them would cost more than all the rest.
 */
export const writeTime = (out: Uint8Array, at: number, bytes: Uint8Array, from: number): void => {
  // A double does not hold all of them: the upper half counts 2^32 µs, which are 4,294 s and 967,296 µs.
  const high = int32(bytes, from)
  const rest = high * 967_296 + (int32(bytes, from + 4) >>> 0)
  const carried = Math.floor(rest / 1_000_000)
  const seconds = epoch + high * 4294 + carried
  const micros = rest - carried * 1_000_000
  const day = Math.floor(seconds / 86_400)
  const ofDay = seconds - day * 86_400
  const [minutes, thousands] = [Math.trunc(ofDay / 60), Math.trunc(micros / 100)]
  out.set(dateOf(day), at)
  out[at + 10] = 0x54
  two(out, at + 11, Math.trunc(minutes / 60), ":")
  two(out, at + 14, minutes % 60, ":")
  two(out, at + 17, ofDay % 60, ".")
  two(out, at + 20, Math.trunc(thousands / 100), "0")
  two(out, at + 22, thousands % 100, "0")
  two(out, at + 24, micros % 100, "Z")
}

/** The same as a text. */
export const timeOfWire = (bytes: Uint8Array, at: number): string => {
  const out = Buffer.alloc(timeLength)
  writeTime(out, 0, bytes, at)
  return out.toString("latin1")
}
