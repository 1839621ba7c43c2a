import { DateTime, Option } from "effect"
import { Timestamp } from "../domain/Timestamp.ts"

const rfc3339 = /^((\d{4})-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/i

/**
 * Reads an RFC 3339 time with at most six fractional digits, of the years 0001–9999 where it was written.
 *
 * Undefined for other text and for times that no calendar has: 30 February, `24:00:00`, `23:59:60`. An offset may lead out
 * of the years that a `Timestamp` has; then it is `earlier` or `later` than all of them.
 */
export const parse = (text: string): Timestamp | "earlier" | "later" | undefined => {
  const [, date, year, time, fraction = "", sign, hours = "0", minutes = "0"] = rfc3339.exec(text) ?? []
  if (year === undefined || year === "0000") return undefined
  const written = `${date}T${time}`
  const read = DateTime.make(`${written}Z`)
  // A day or second too many is carried over by the parser, and so comes back as another text.
  if (Option.isNone(read) || !DateTime.formatIso(read.value).startsWith(written)) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? 1 : -1)
  const utc = DateTime.formatIso(DateTime.add(read.value, { minutes: offset }))
  if (utc.startsWith("+")) return "later"
  if (utc.startsWith("0000") || utc.startsWith("-")) return "earlier"
  return Timestamp.make(`${utc.slice(0, 19)}.${fraction.padEnd(6, "0")}Z`)
}
