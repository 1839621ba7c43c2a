/** PostgreSQL counts microseconds from 2000-01-01. */
const epoch = Date.UTC(2000, 0, 1) / 1000

const digits = (value: number, length: number) => String(value).padStart(length, "0")

const two = Array.from({ length: 60 }, (_, value) => digits(value, 2))

// Rows of one page are mostly of few days, and only a date needs a calendar.
let known = { day: Number.NaN, text: "" }

const dateOf = (day: number) => {
  if (known.day !== day) known = { day, text: new Date(day * 86_400_000).toISOString().slice(0, 10) }
  return known.text
}

/**
 * A time as the domain writes it, of its eight bytes: microseconds in a signed integer. What a double can't hold to the
 * microsecond is cut in two before.
 */
export const timeOfWire = (bytes: Uint8Array): string => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
  const high = view.getInt32(0)
  const low = view.getUint32(4)
  const [seconds, micros] = split(high, low)
  const day = Math.floor(seconds / 86_400)
  const ofDay = seconds - day * 86_400
  const [hour, minute] = [Math.floor(ofDay / 3600), Math.floor(ofDay / 60) % 60]
  return `${dateOf(day)}T${two[hour]}:${two[minute]}:${two[ofDay % 60]}.${digits(micros, 6)}Z`
}

const split = (high: number, low: number): readonly [seconds: number, micros: number] => {
  // 2^32 µs are 4,294 s and 967,296 µs.
  const micros = high * 967_296 + low
  const carried = Math.floor(micros / 1_000_000)
  return [epoch + high * 4294 + carried, micros - carried * 1_000_000]
}
