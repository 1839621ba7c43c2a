import { Schema } from "effect"
import { isStorableText } from "../domain/StorableJson.ts"
import type { FaultCode } from "./Faults.ts"
import type { Field, Value } from "./Field.ts"
import { unstorable } from "./Input.ts"
import * as Instant from "./Instant.ts"
import { isObject } from "./JsonValue.ts"

/**
 * A value of a request as a test can use it: one that a row can hold; or, for numbers and times that none can hold, those
 * next to it on both sides, where there are any.
 */
export type Literal =
  | { readonly _tag: "Exact"; readonly value: Schema.Json }
  | { readonly _tag: "Between"; readonly below?: Value; readonly above?: Value }
  | { readonly _tag: "Fault"; readonly code: FaultCode; readonly message: string }

const exact = (value: Schema.Json): Literal => ({ _tag: "Exact", value })

const wrongType = (expected: string): Literal => ({
  _tag: "Fault",
  code: "invalid",
  message: `Expected ${expected}`
})

const invalid = (message: string): Literal => ({ _tag: "Fault", code: "invalid", message })

/** Reads a value that is compared with a field. */
export const ofField = (field: Field, input: unknown): Literal => {
  switch (field.kind) {
    case "number":
      return typeof input === "number" && !Number.isNaN(input) ? whole(input) : wrongType("a number")
    case "boolean":
      return typeof input === "boolean" ? exact(input) : wrongType("true or false")
    case "json":
      return ofJson(input)
    default:
      return typeof input === "string" ? ofText(field, input) : wrongType("a string")
  }
}

const ofText = (field: Field, input: string): Literal => {
  if (!isStorableText(input)) return invalid(unstorable)
  if (field.kind === "time") return time(input)
  const fits = Schema.decodeUnknownResult(field.schema)(input)
  return fits._tag === "Success" ? exact(input) : invalid(fits.failure.message)
}

const whole = (input: number): Literal => {
  if (Number.isSafeInteger(input)) return exact(input === 0 ? 0 : input)
  if (input > Number.MAX_SAFE_INTEGER) return { _tag: "Between", below: Number.MAX_SAFE_INTEGER }
  if (input < Number.MIN_SAFE_INTEGER) return { _tag: "Between", above: Number.MIN_SAFE_INTEGER }
  return { _tag: "Between", below: Math.floor(input), above: Math.ceil(input) }
}

const time = (input: string): Literal => {
  const instant = Instant.parse(input)
  if (instant === undefined) {
    return invalid("Expected an RFC 3339 time such as 2026-11-24T17:44:12Z, with at most six digits of a second")
  }
  if (instant === "earlier") return { _tag: "Between", above: "0001-01-01T00:00:00.000000Z" }
  if (instant === "later") return { _tag: "Between", below: "9999-12-31T23:59:59.999999Z" }
  return exact(instant)
}

/** Reads a value that is compared with a part of a JSON document. */
export const ofJson = (input: unknown): Literal => {
  if (input === Number.POSITIVE_INFINITY) return { _tag: "Between", below: Number.MAX_VALUE }
  if (input === Number.NEGATIVE_INFINITY) return { _tag: "Between", above: -Number.MAX_VALUE }
  return isJson(input)
    ? exact(input)
    : invalid(`Expected JSON of at most ${deepest} levels, without NUL and half pairs`)
}

// What compares and writes JSON calls itself for each level, and a stack has an end.
const deepest = 64

const isJson = (input: unknown): input is Schema.Json => {
  const pending: Array<readonly [value: unknown, level: number]> = [[input, 1]]
  for (const [value, level] of pending) {
    if (level > deepest || !isJsonPart(value)) return false
    if (typeof value === "object" && value !== null) {
      for (const inner of Object.values(value)) pending.push([inner, level + 1])
    }
  }
  return true
}

const isJsonPart = (value: unknown) => {
  switch (typeof value) {
    case "string":
      return isStorableText(value)
    case "number":
      return Number.isFinite(value)
    case "object":
      return !isObject(value) || Object.keys(value).every(isStorableText)
    default:
      return typeof value === "boolean"
  }
}
