import type { Field, PageInfo } from "@deploys/core"
import { int32 } from "./int32.ts"
import { fieldHead, firstField, lengthOf, type WireRow } from "./wireRow.ts"
import { timeLength, writeTime } from "./wireTime.ts"

/** Writes the value of these bytes as JSON to a place, and says where it ends. */
type Write = (out: Uint8Array, at: number, bytes: WireRow, from: number, to: number) => number

const [quote, backslash, space] = [0x22, 0x5c, 0x20]

const ascii = (out: Uint8Array, at: number, text: string): number => {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** Bytes as they are. A call of `set` would cost more, as short as they are. */
const copy: Write = (out, at, bytes, from, to) => {
  for (let i = from; i < to; i++) out[at + i - from] = bytes[i] ?? 0
  return at + to - from
}

/** What JSON writes for a character of one byte that can't stand for itself. */
const escapes = Array.from({ length: 128 }, (_, code) => JSON.stringify(String.fromCharCode(code)).slice(1, -1))

const text: Write = (out, at, bytes, from, to) => {
  let end = at
  out[end++] = quote
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0
    if (byte < space || byte === quote || byte === backslash) end = ascii(out, end, escapes[byte] ?? "")
    else out[end++] = byte
  }
  out[end++] = quote
  return end
}

const writers: Readonly<Record<Field.Kind, Write>> = {
  id: text,
  enum: text,
  text,
  boolean: (out, at, bytes, from) => ascii(out, at, bytes[from] === 1 ? "true" : "false"),
  number: (out, at, bytes, from) => ascii(out, at, String(int32(bytes, from))),
  time: (out, at, bytes, from) => {
    out[at] = quote
    writeTime(out, at + 1, bytes, from)
    out[at + 1 + timeLength] = quote
    return at + timeLength + 2
  },
  // `jsonb` is JSON text behind a number of its version, as PostgreSQL writes it: with spaces behind colons and commas, and
  // with all digits of numbers that JavaScript would round.
  json: (out, at, bytes, from, to) => copy(out, at, bytes, from + 1, to)
}

/**
 * A byte becomes six at most, where it has to be escaped. What stands in front of a field's bytes leaves room for its name,
 * and for what is written for a null, a flag, a number or a time.
 */
const growth = 6

/** Used again for each page, since pages are large and their text is made at once. */
let scratch = new Uint8Array(128 * 1024)

const withRoom = (at: number, more: number): Uint8Array => {
  if (at + more <= scratch.length) return scratch
  const larger = new Uint8Array(2 * (at + more))
  larger.set(scratch.subarray(0, at))
  scratch = larger
  return scratch
}

/** A page whose rows are as the database sent them. */
export interface WirePage {
  readonly data: ReadonlyArray<WireRow>
  readonly pageInfo: PageInfo
}

/**
 * Makes JSON of pages whose rows have these fields, from bytes to bytes: values of JavaScript would have to be made of one
 * and be read for the other, which is most of what a list costs.
 */
export const makeWireJson = (fields: ReadonlyArray<Field.Field>) => {
  const columns = fields.map(({ kind, name }, i) => ({
    head: new TextEncoder().encode(`${i === 0 ? "{" : ","}${JSON.stringify(name)}:`),
    write: writers[kind]
  }))

  const writeRow = (out: Uint8Array, start: number, row: WireRow) => {
    let [from, at] = [firstField, start]
    for (const { head, write } of columns) {
      at = copy(out, at, head, 0, head.length)
      const length = lengthOf(row, from)
      const end = from + fieldHead + Math.max(0, length)
      at = length < 0 ? ascii(out, at, "null") : write(out, at, row, from + fieldHead, end)
      from = end
    }
    return ascii(out, at, "}")
  }

  return ({ data, pageInfo }: WirePage): string => {
    let at = ascii(scratch, 0, `{"data":[`)
    let between = ""
    for (const row of data) {
      const out = withRoom(at, growth * row.length)
      at = writeRow(out, ascii(out, at, between), row)
      between = ","
    }
    const end = `],"pageInfo":${JSON.stringify(pageInfo)}}`
    at = ascii(withRoom(at, end.length), at, end)
    return Buffer.from(scratch.buffer, 0, at).toString("utf8")
  }
}
