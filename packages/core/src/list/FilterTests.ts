import * as Filter from "./Filter.ts"
import { type Operator, pathOperators } from "./FilterSyntax.ts"
import type { Input } from "./Input.ts"
import * as Literal from "./Literal.ts"

/** Makes the tests of a field, or of what stands under keys of a JSON document. */
export const decodeTests = (
  entries: ReturnType<Input["entries"]>,
  subject: Filter.Subject,
  operators: ReadonlyArray<Operator>
): Filter.Filter => Filter.and(entries.map(([name, operand]) => decodeTest(name, operand, subject, operators)))

const decodeTest = (
  name: string,
  operand: Input,
  subject: Filter.Subject,
  operators: ReadonlyArray<Operator>
): Filter.Filter => {
  const operator = operators.find((known) => known === name)
  if (operator === undefined) {
    operand.fault("unknown", `Unknown operator; there are ${operators.join(", ")}`)
    return Filter.everything
  }
  if (isMissing(operand)) return Filter.everything
  return makers[operator](subject, operand)
}

const isMissing = (operand: Input) => {
  const missing = operand.value === null || operand.value === undefined
  if (missing) operand.fault("null", "Expected a value; isNull asks for null")
  return missing
}

type Maker = (subject: Filter.Subject, operand: Input) => Filter.Filter

const not =
  (maker: Maker): Maker =>
  (subject, operand) =>
    Filter.not(maker(subject, operand))

const literal = (subject: Filter.Subject, operand: Input): Exclude<Literal.Literal, { _tag: "Fault" }> => {
  const found = subject.keys.length > 0 ? Literal.ofJson(operand.value) : Literal.ofField(subject.field, operand.value)
  if (found._tag !== "Fault") return found
  operand.fault(found.code, found.message)
  return { _tag: "Between" }
}

const isIn = (subject: Filter.Subject, operands: ReadonlyArray<Input>) =>
  Filter.isIn(
    subject,
    operands
      .filter((operand) => !isMissing(operand))
      .map((operand) => literal(subject, operand))
      .flatMap((found) => (found._tag === "Exact" ? [found.value] : []))
  )

const range =
  (operator: "lt" | "lte" | "gt" | "gte"): Maker =>
  (subject, operand) => {
    const found = literal(subject, operand)
    const next = operator.startsWith("l") ? "lte" : "gte"
    if (found._tag === "Between") {
      const value = next === "lte" ? found.below : found.above
      return value === undefined || typeof value === "boolean" ? Filter.nothing : Filter.range(subject, next, value)
    }
    const { value } = found
    if (typeof value === "string" || typeof value === "number") return Filter.range(subject, operator, value)
    operand.fault("invalid", "Expected a string or a number")
    return Filter.everything
  }

const match =
  (at: Filter.Match["at"], ignoreCase: boolean): Maker =>
  (subject, operand) =>
    Filter.match(subject, { at, ignoreCase, value: operand.text() })

const matchAnywhere = match("anywhere", false)

const contains: Maker = (subject, operand) => {
  const isText = subject.field.kind !== "json" || (subject.keys.length > 0 && typeof operand.value === "string")
  if (isText) return matchAnywhere(subject, operand)
  const found = literal(subject, operand)
  return found._tag === "Exact" ? Filter.contains(subject, found.value) : Filter.nothing
}

const key = (operand: Input) => {
  const text = operand.text()
  if (operand.value === "") operand.fault("invalid", "Expected a key that is not empty")
  return text
}

const path: Maker = ({ field }, operand) => {
  const entries = operand.entries()
  const inner = entries.filter(([name]) => name !== "keys")
  const given = entries.find(([name]) => name === "keys")?.[1] ?? operand.at("keys", [])
  const keys = given.items().map(key)
  if (Array.isArray(given.value) && keys.length === 0) given.fault("required", "Expected at least one key")
  return decodeTests(inner, Filter.subject(field, keys), pathOperators)
}

const makers: { readonly [O in Operator]: Maker } = {
  eq: (subject, operand) => isIn(subject, [operand]),
  ne: not((subject, operand) => isIn(subject, [operand])),
  in: (subject, operand) => isIn(subject, operand.items()),
  notIn: not((subject, operand) => isIn(subject, operand.items())),
  isNull: (subject, operand) => (operand.flag() ? Filter.isNull(subject) : Filter.not(Filter.isNull(subject))),
  lt: range("lt"),
  lte: range("lte"),
  gt: range("gt"),
  gte: range("gte"),
  contains,
  startsWith: match("start", false),
  endsWith: match("end", false),
  iContains: match("anywhere", true),
  iStartsWith: match("start", true),
  iEndsWith: match("end", true),
  hasKey: (subject, operand) => Filter.hasKey(subject, key(operand)),
  path
}
