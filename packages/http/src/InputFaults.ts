/** What is wrong with an input, as faults that each point to their place by a JSON pointer. */
import { type InputFault, inputFaults, jsonPointer } from "@deploys/core"
import type { SchemaIssue } from "effect"
import type { RawQuery } from "./api/index.ts"

/** Nothing that the engine takes comes near this, and decoding recurses. */
const maxDepth = 64

const maxQueryBytes = 16 * 1024

const bytes = (text: string) => new TextEncoder().encode(text).length

/** A query that is too large to be looked at any closer, told of its largest parameter. */
export const ofQuerySize = (query: RawQuery): ReadonlyArray<InputFault> => {
  const units = Object.entries(query).reduce(
    (sum, [name, text]) => sum + name.length + [text].flat().join("").length,
    0
  )
  // A unit of UTF-16 is at most three bytes.
  if (units * 3 <= maxQueryBytes) return []
  const sizes = Object.entries(query).map(
    ([name, text]) => [name, bytes(name) + bytes([text].flat().join(""))] as const
  )
  const largest = sizes.toSorted(([, a], [, b]) => b - a)[0]
  const total = sizes.reduce((sum, [, size]) => sum + size, 0)
  return largest === undefined || total <= maxQueryBytes
    ? []
    : [{ path: jsonPointer([largest[0]]), code: "size", message: "makes the query larger than 16 KiB" }]
}

/** Faults of a query that no schema of single parameters sees. `declared` says whether the endpoint takes a query at all. */
export const ofQuery = (query: RawQuery, declared: boolean): ReadonlyArray<InputFault> => [
  ...(declared ? [] : Object.keys(query).map(ofUnknown)),
  ...ofText(query)
]

const ofUnknown = (name: string) => ({
  path: jsonPointer([name]),
  code: "unknown",
  message: "is not known here"
})

/** Faults that a schema found in a query; what was given twice is told so. */
export const ofParameters = (query: RawQuery, issue: SchemaIssue.Issue): ReadonlyArray<InputFault> =>
  inputFaults(issue).map((fault) => {
    const twice = Object.keys(query).some(
      (name) => typeof query[name] !== "string" && fault.path === jsonPointer([name])
    )
    return twice ? { ...fault, code: "repeated", message: "can be given once" } : fault
  })

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
