import { Result, Schema, Struct } from "effect"
import type { InvalidInput } from "../domain/DeployError.ts"
import { inputFaults } from "../domain/InputFaults.ts"
import * as Cursor from "./Cursor.ts"
import { DeployFields } from "./DeployFields.ts"
import { Faults } from "./Faults.ts"
import * as Filter from "./Filter.ts"
import { decodeFilter } from "./FilterDecoder.ts"
import { Input } from "./Input.ts"
import { isObject } from "./JsonValue.ts"
import type { Position, Side } from "./Keyset.ts"
import { ListOptions } from "./ListOptions.ts"
import { newest, type Order } from "./Order.ts"
import { decodeOrder } from "./OrderBy.ts"

/** What a list is asked for, all of it checked. */
export interface ListRequest {
  readonly filter: Filter.Filter
  readonly order: Order
  readonly position: Position | null
  readonly limit: number
  readonly total: boolean
}

const PlainOptions = Schema.Struct(Struct.omit(ListOptions.fields, ["filter", "orderBy"]))

const decodePlain = Schema.decodeUnknownResult(PlainOptions, { errors: "all", onExcessProperty: "error" })

/** Reads a request; what is wrong with it is noted, and the answer then means nothing. */
export const readRequest = (input: unknown, faults: Faults): ListRequest => {
  const { filter, orderBy, ...rest } = isObject(input) ? input : {}
  const root = new Input(input, faults)
  const given = new Map(root.entries())
  const plain = plainOptions(rest, faults)
  const order = given.has("orderBy") ? decodeOrder(root.at("orderBy", orderBy)) : newest
  return {
    filter: Filter.and([
      given.has("filter") ? decodeFilter(root.at("filter", filter)) : Filter.everything,
      shorthands(plain)
    ]),
    order: order ?? newest,
    position: order === undefined ? null : position(given, order),
    limit: plain.limit ?? 100,
    total: plain.total ?? true
  }
}

const plainOptions = (input: unknown, faults: Faults): typeof PlainOptions.Type => {
  const plain = decodePlain(input)
  if (Result.isSuccess(plain)) return plain.success
  for (const fault of inputFaults(plain.failure.issue)) faults.add(fault)
  return {}
}

const shorthands = (options: typeof PlainOptions.Type): Filter.Filter =>
  Filter.and([
    ...shorthandNames.map((name) => {
      const value = options[name]
      return value === undefined
        ? Filter.everything
        : Filter.equals(Filter.subject(DeployFields.deploy.fields[name]), value)
    }),
    options.ids === undefined
      ? Filter.everything
      : Filter.isIn(Filter.subject(DeployFields.deploy.fields.id), options.ids)
  ])

const shorthandNames = ["workspaceId", "entityId", "buildId", "status", "trigger", "createdBy"] as const

const position = (given: ReadonlyMap<string, Input>, order: Order): Position | null => {
  const [after, before] = [given.get("after"), given.get("before")]
  if (after !== undefined) before?.fault("conflict", "Can't be combined with `after`")
  const [behind, ahead] = [placed("after", after, order), placed("before", before, order)]
  return behind ?? ahead
}

const placed = (side: Side, cursor: Input | undefined, order: Order): Position | null => {
  if (typeof cursor?.value !== "string") return null
  const values = Cursor.decode(order, cursor.value)
  if (Result.isSuccess(values)) return { side, values: values.success }
  cursor.fault(values.failure.code, values.failure.message)
  return null
}

// Options are never changed: those that were just read for a caller from outside need not be read again to be planned.
const requests = new WeakMap<object, ListRequest>()

const isListOptions = (input: unknown, faults: Faults): input is ListOptions => {
  const request = readRequest(input, faults)
  if (faults.none && isObject(input)) requests.set(input, request)
  return faults.none
}

/** What options ask for: what `toOptions` has made of them, or else what they are read as now. */
export const requestOf = (options: ListOptions, faults: Faults): ListRequest =>
  requests.get(options) ?? readRequest(options, faults)

/** Takes the input for options if it can be read without a fault, and none was noted before. */
export const toOptions = (input: unknown, faults: Faults): Result.Result<ListOptions, InvalidInput> =>
  isListOptions(input, faults) ? Result.succeed(input) : faults.orElse({})

/**
 * Reads the options of a list out of JSON from outside, such as a body, or fails with all of its faults: a limit or a
 * cursor as well as each part of `filter`. The limits of a filter are checked before anything else is done with it.
 */
export const decodeListOptions = (input: unknown): Result.Result<ListOptions, InvalidInput> =>
  toOptions(input, new Faults())
