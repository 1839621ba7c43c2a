import { Option, Result, Schema } from "effect"
import { Base64Url } from "effect/encoding"
import { isStorableText } from "../domain/StorableJson.ts"
import type { Field } from "./Field.ts"
import * as Instant from "./Instant.ts"
import { fingerprint, type KeyValue, type Order, placeOf } from "./Order.ts"

const version = 1

const Content = Schema.fromJsonString(
  Schema.TupleWithRest(Schema.Tuple([Schema.Literal(version), Schema.String]), [
    Schema.NullOr(Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
  ])
)

const decodeContent = Schema.decodeUnknownOption(Content)

/** The cursor of a place in the order. */
export const ofPlace = (order: Order, values: ReadonlyArray<KeyValue>): string =>
  Base64Url.encode(JSON.stringify([version, fingerprint(order), ...values]))

/** The cursor of a row: its place in the order, and which order that is. */
export const encode = (order: Order, row: object): string => ofPlace(order, placeOf(order, row))

/** Why a cursor was refused. */
export interface CursorFault {
  readonly code: "malformed_cursor" | "foreign_cursor"
  readonly message: string
}

const malformed: CursorFault = { code: "malformed_cursor", message: "is not a cursor that a list has answered with" }

const foreign: CursorFault = {
  code: "foreign_cursor",
  message: "is a cursor of another order; pass the orderBy of the page that it comes from, or start anew"
}

const accepts = ({ kind, nullable, schema }: Field, value: KeyValue): boolean => {
  if (value === null) return nullable
  if (!Schema.is(schema)(value)) return false
  return typeof value !== "string" || (kind === "time" ? Instant.parse(value) === value : isStorableText(value))
}

/**
 * The place that a cursor names in this order.
 *
 * Only text that `encode` could have made is taken: a cursor carries no signature, so whatever a store is asked to compare
 * with is checked here. It grants nothing: which rows are seen is the scope's to say.
 */
export const decode = (order: Order, cursor: string): Result.Result<ReadonlyArray<KeyValue>, CursorFault> => {
  const content = Option.flatMap(Result.getSuccess(Base64Url.decodeString(cursor)), decodeContent)
  if (Option.isNone(content)) return Result.fail(malformed)
  const [, madeFor, ...values] = content.value
  if (Base64Url.encode(JSON.stringify(content.value)) !== cursor) return Result.fail(malformed)
  if (madeFor !== fingerprint(order)) return Result.fail(foreign)
  const fits = values.length === order.length && order.every(({ field }, i) => accepts(field, values[i] ?? null))
  return fits ? Result.succeed(values) : Result.fail(malformed)
}
