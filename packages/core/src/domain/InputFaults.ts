import { Array, SchemaIssue } from "effect"
import type { InputFault } from "./DeployError.ts"

const required = "is required"
const unknown = "is not known here"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "MissingKey") return required
    return issue._tag === "UnexpectedKey" ? unknown : SchemaIssue.defaultLeafHook(issue)
  }
})

const codes = new Map([
  [required, "required"],
  [unknown, "unknown_field"]
])

/** A JSON pointer (RFC 6901) to the place at these keys. */
export const jsonPointer = (keys: ReadonlyArray<PropertyKey>): string =>
  keys.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")

/**
 * The faults that a schema found, each with its path. Codes: `required`, `unknown_field`, and `invalid_value` for all others. `at` are
 * the keys that lead to what was decoded.
 */
export const inputFaults = (
  issue: SchemaIssue.Issue,
  at: ReadonlyArray<PropertyKey> = []
): Array.NonEmptyReadonlyArray<InputFault> => {
  const faults = format(issue).issues.map(({ message, path = [] }) => ({
    path: jsonPointer([...at, ...path.map((key) => (typeof key === "object" ? key.key : key))]),
    code: codes.get(message) ?? "invalid_value",
    message
  }))
  return Array.isReadonlyArrayNonEmpty(faults)
    ? faults
    : [{ path: jsonPointer(at), code: "invalid_value", message: "is not valid" }]
}
