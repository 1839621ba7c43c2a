/** What is wrong with an input, as faults that each point to their place by a JSON pointer. */
import { type InputFault, inputFaults, jsonPointer } from "@deploys/core"
import type { SchemaIssue } from "effect"

/** Nothing that the engine takes comes near this, and decoding recurses. */
const maxDepth = 64

const maxQueryBytes = 16 * 1024

/** A query as it was parsed: a parameter that was given more than once has a list of values. */
export type Query = Readonly<Record<string, string | ReadonlyArray<string>>>

/** Faults of a query that no schema of single parameters sees. `declared` says whether the endpoint takes a query at all. */
export const ofQuery = (query: Query, declared: boolean): ReadonlyArray<InputFault> => {
  const names = Object.keys(query)
  if (names.length === 0) return []
  const unknown = declared ? [] : names.map((name) => ofUnknown(name))
  const size = names.reduce((sum, name) => sum + Buffer.byteLength(name) + byteLength(query[name]), 0)
  return size > maxQueryBytes
    ? [{ path: "", code: "too_large", message: `is a query of more than ${maxQueryBytes} bytes` }]
    : [...unknown, ...ofText(query)]
}

const byteLength = (value: Query[string] | undefined) =>
  Buffer.byteLength(typeof value === "string" ? value : (value ?? []).join(""))

const ofUnknown = (name: string) => ({
  path: jsonPointer([name]),
  code: "unknown",
  message: "is not known here"
})

/** Faults of single parameters, where those that are at fault for being given more than once are told so. */
export const ofParameters = (query: Query, issue: SchemaIssue.Issue): ReadonlyArray<InputFault> =>
  inputFaults(issue).map((fault) =>
    Object.keys(query).some((name) => typeof query[name] !== "string" && fault.path === jsonPointer([name]))
      ? { path: fault.path, code: "repeated", message: "can be given once" }
      : fault
  )

interface Place {
  readonly value: unknown
  readonly key: string | number
  readonly parent: Place | undefined
  readonly depth: number
}

const placeOf = (place: Place): ReadonlyArray<PropertyKey> => {
  const keys: Array<PropertyKey> = []
  for (let at = place; at.parent !== undefined; at = at.parent) keys.unshift(at.key)
  return keys
}

/**
 * Text that no database stores, in keys and values at any depth, and what is nested too deep to be decoded. Recursion
 * would end here what a schema's would end there, so this walks.
 */
export const ofText = (json: unknown): ReadonlyArray<InputFault> => {
  const faults: Array<InputFault> = []
  const open: Array<Place> = [{ value: json, key: "", parent: undefined, depth: 0 }]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const fault = faultAt(place)
    if (fault !== undefined) faults.push({ path: jsonPointer(placeOf(place)), ...fault })
    else open.push(...children(place))
  }
  return faults
}

const faultAt = ({ depth, key, value }: Place) => {
  if (depth > maxDepth) return { code: "too_deep", message: `is nested more than ${maxDepth} levels deep` }
  return isText(key) && isText(value)
    ? undefined
    : { code: "invalid", message: "holds NUL or half of a surrogate pair" }
}

const isText = (value: unknown) => typeof value !== "string" || (value.isWellFormed() && !value.includes("\0"))

const children = (parent: Place): ReadonlyArray<Place> => {
  const { depth, value } = parent
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value)
    .toReversed()
    .map(([key, value]) => ({ value, key, parent, depth: depth + 1 }))
}
