import { DateTime } from "effect"
import { Timestamp } from "../domain/Timestamp.ts"

const rfc3339 =
  /^((\d{4})-(0[1-9]|1[0-2])-(\d{2}))T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,6}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/i

const daysIn = (year: number, month: number) => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/**
 * Reads an RFC 3339 time with at most six fractional digits, of the years 0001–9999 where it was written.
 *
 * Undefined for other text and for times that no calendar has: 30 February, `24:00:00`, `23:59:60`. An offset may lead out
 * of the years that a `Timestamp` has; then it is `earlier` or `later` than all of them.
 */
export const parse = (text: string): Timestamp | "earlier" | "later" | undefined => {
  const [, date, year, month, day, time, fraction = "", sign, hours = "0", minutes = "0"] = rfc3339.exec(text) ?? []
  if (year === undefined || year === "0000") return undefined
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? 1 : -1)
  const utc = offset === 0 ? `${date}T${time}` : moved(`${date}T${time}Z`, offset)
  if (utc.startsWith("+")) return "later"
  if (utc.startsWith("0000") || utc.startsWith("-")) return "earlier"
  return Timestamp.make(`${utc.slice(0, 19)}.${fraction.padEnd(6, "0")}Z`)
}

const moved = (written: string, minutes: number) =>
  DateTime.formatIso(DateTime.add(DateTime.makeUnsafe(written), { minutes }))
