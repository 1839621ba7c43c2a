import { DateTime } from "effect"

/** PostgreSQL counts microseconds from 2000-01-01, which is so many seconds after 1970-01-01. */
const epoch = 946_684_800

const two = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, "0"))

/** So many days are known at most: 27 years. */
const most = 10_000

// Only a date needs a calendar, and rows are of few days.
const days = new Map<number, string>()

const dateOf = (day: number) => {
  const known = days.get(day)
  if (known !== undefined) return known
  const text = DateTime.formatIsoDateUtc(DateTime.makeUnsafe(day * 86_400_000))
  if (days.size === most) days.clear()
  days.set(day, text)
  return text
}

/** A time as the domain writes it, of its eight bytes: microseconds in a signed integer. */
export const timeOfWire = (bytes: Uint8Array): string => {
  // A double does not hold all of them: the upper half counts 2^32 µs, which are 4,294 s and 967,296 µs.
  const high = int32(bytes, 0)
  const rest = high * 967_296 + (int32(bytes, 4) >>> 0)
  const carried = Math.floor(rest / 1_000_000)
  return format(epoch + high * 4294 + carried, rest - carried * 1_000_000)
}

/** Without a view, which would cost more than all the rest. */
const int32 = (bytes: Uint8Array, at: number) =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)

const format = (seconds: number, micros: number) => {
  const day = Math.floor(seconds / 86_400)
  const ofDay = seconds - day * 86_400
  const [hour, minute] = [Math.floor(ofDay / 3600), Math.floor(ofDay / 60) % 60]
  const fraction = `${two[Math.floor(micros / 10_000)]}${two[Math.floor(micros / 100) % 100]}${two[micros % 100]}`
  return `${dateOf(day)}T${two[hour]}:${two[minute]}:${two[ofDay % 60]}.${fraction}Z`
}
