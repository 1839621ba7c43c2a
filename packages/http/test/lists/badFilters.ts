/** Bad filters made from the one description of the fields: each field × each operator × each fault. */
import { DeployFields, type Field, type ResourceName } from "@deploys/core"
import { Record, Schema } from "effect"
import { type BadQuery, entry, type Fault, nested } from "./badQuery.ts"

/** A wrong operand, and what is wrong with it behind the path of the operator. */
type Wrong = readonly [operand: unknown, code: string, behind?: string]

const equality = ["eq", "ne", "in", "notIn", "isNull"]
const ordering = ["lt", "lte", "gt", "gte"]
const matching = ["contains", "startsWith", "endsWith", "iContains", "iStartsWith", "iEndsWith"]

/** The operators of each kind of field, as the design has them. */
const operators: { readonly [K in Field.Kind]: ReadonlyArray<string> } = {
  id: equality,
  enum: equality,
  boolean: equality,
  text: [...equality, ...ordering, ...matching],
  number: [...equality, ...ordering],
  time: [...equality, ...ordering],
  json: ["isNull", "contains", "hasKey", "path"]
}

const strangers = ["eqq", "EQ", "like", "", "a/b~c", "__proto__", "constructor", "toString", "hasOwnProperty"]
const everyOperator = [...new Set(Object.values(operators).flat()), ...strangers]

const malformed = ["a b", "", "a".repeat(65), "é", "a\0", "\ud800", "' OR 1=1 --"]
const notTimes = [
  "2026-11-24",
  "2026-11-24T17:44:12",
  "2026-11-24 17:44:12Z",
  "2026-11-24T17:44:12.1234567Z",
  "2026-11-24T23:59:60Z",
  "2026-11-24T24:00:00Z",
  "2025-02-29T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "+275760-09-13T00:00:00Z",
  "2026-11-24T17:44:12+24:00",
  "now",
  ""
]

/** Values that a field of this kind can't be compared with. */
const values: { readonly [K in Field.Kind]: ReadonlyArray<unknown> } = {
  id: [1, true, {}, [], ...malformed],
  enum: [1, true, {}, ["failed"], "done", "Failed", "failed ", "failed\0", ""],
  boolean: ["true", 0, 1, {}, []],
  text: [1, true, {}, [], "a\0b", "\ud800", "\udc00a"],
  number: ["1", true, {}, []],
  time: [1764006252, true, {}, [], ...notTimes],
  json: ["\0", { a: ["\ud800"] }, entry("\0", 1), nested(65, (a) => ({ a }))]
}

const typeId = (prefix: string) => `${prefix}_01j00000000000000000000000`

const samples: ReadonlyArray<unknown> = ["a", typeId("dep"), typeId("stp"), "2026-11-24T17:44:12.000000Z", 1, true, {}]

/** A value that a field can hold. */
const fineFor = ({ kind, literals, schema }: Field.Field): unknown =>
  kind === "json" ? {} : [...literals, ...samples].find(Schema.is(schema))

const inList = (kind: Field.Kind, good: unknown): ReadonlyArray<Wrong> => [
  [good, "invalid"],
  [{}, "invalid"],
  [[good, null], "null", "/1"],
  ...values[kind].map((value): Wrong => [[good, good, value], "invalid", "/2"]),
  [Array.from({ length: 1_001 }, () => good), "too_many_values"]
]

const key: ReadonlyArray<Wrong> = [
  ...[1, true, [], {}, "", "\0", "\ud800"].map((operand): Wrong => [operand, "invalid"]),
  [null, "null"]
]

const json = (value: unknown, code: string, behind: string): Wrong => [value, code, behind]

const path: ReadonlyArray<Wrong> = [
  json({}, "required", "/keys"),
  json({ keys: [] }, "required", "/keys"),
  json({ keys: "a" }, "invalid", "/keys"),
  json({ keys: ["a", 0] }, "invalid", "/keys/1"),
  json({ keys: [""] }, "invalid", "/keys/0"),
  json({ keys: ["\0"] }, "invalid", "/keys/0"),
  json({ keys: Array.from({ length: 1_001 }, () => "a") }, "too_many_values", "/keys"),
  ...[...equality, ...ordering, ...matching, "hasKey"].map((name) =>
    json({ keys: ["a"], [name]: null }, "null", `/${name}`)
  ),
  ...ordering.flatMap((name) =>
    [true, {}, []].map((value) => json({ keys: ["a"], [name]: value }, "invalid", `/${name}`))
  ),
  ...matching.slice(1).map((name) => json({ keys: ["a"], [name]: 1 }, "invalid", `/${name}`)),
  ...values.json.map((value) => json({ keys: ["a"], eq: value }, "invalid", "/eq")),
  json({ keys: ["a"], in: [1, null] }, "null", "/in/1"),
  ...["path", ...strangers.filter((name) => name !== "a/b~c")].map((name) =>
    json(
      Object.fromEntries([
        ["keys", ["a"]],
        [name, 1]
      ]),
      "unknown",
      `/${name}`
    )
  )
]

const wrongOperands = (operator: string, field: Field.Field): ReadonlyArray<Wrong> => {
  const { kind } = field
  const good = fineFor(field)
  if (!operators[kind].includes(operator)) return [[good, "unknown"]]
  if (operator === "in" || operator === "notIn") return [[null, "null"], ...inList(kind, good)]
  if (operator === "hasKey") return key
  if (operator === "path") return [[null, "null"], ...path]
  const wrong = operator === "isNull" ? ["true", 0, [], {}] : values[kind]
  return [[null, "null"], ...wrong.map((operand): Wrong => [operand, "invalid"])]
}

interface Place {
  readonly path: string
  readonly wrap: (filter: unknown) => unknown
}

const under = (...keys: ReadonlyArray<string>): Place => ({
  path: keys.map((one) => `/${one}`).join(""),
  wrap: (filter) => keys.toReversed().reduce((inner, one) => entry(one, inner), filter)
})

/** How a filter of deploys gets to each resource. */
const places: { readonly [Name in ResourceName]: Place } = {
  deploy: under("NOT"),
  step: under("steps", "every"),
  workspace: under("workspace"),
  entity: under("entity"),
  build: under("NOT", "build"),
  version: under("build", "version"),
  sourceEvent: under("sourceEvent")
}

/** Every wrong test of a field, as the filter of a resource and the fault that it has there. */
const wrongTests = (field: Field.Field): ReadonlyArray<readonly [test: unknown, fault: Fault]> => {
  const { name } = field
  const escaped = (operator: string) => operator.replaceAll("~", "~0").replaceAll("/", "~1")
  return [
    ...[null, 1, "x", [], true].map((test) => [entry(name, test), [`/${name}`, "invalid"]] as const),
    ...everyOperator.flatMap((operator) =>
      wrongOperands(operator, field).map(
        ([operand, code, behind = ""]) =>
          [entry(name, entry(operator, operand)), [`/${name}/${escaped(operator)}${behind}`, code]] as const
      )
    )
  ]
}

/** Wrong tests of one field: the first of each fault asked for alone, and all but what exceeds limits together. */
export interface BadField {
  readonly field: string
  readonly kind: Field.Kind
  readonly alone: ReadonlyArray<BadQuery>
  readonly together: ReadonlyArray<BadQuery>
}

const limits = new Set(["too_many_values", "too_many_nodes", "too_deep"])

const chunks = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  items.length === 0 ? [] : [items.slice(0, size), ...chunks(items.slice(size), size)]

const firstOfEach = (tests: ReturnType<typeof wrongTests>) => [
  ...new Map(tests.toReversed().map((test) => [test[1].join(" "), test])).values()
]

const badField = (resource: ResourceName, field: Field.Field): BadField => {
  const { path, wrap } = places[resource]
  const tests = wrongTests(field)
  // A limit that is exceeded is told alone: nothing else is looked at then.
  const others = tests.filter(([, [, code]]) => !limits.has(code))
  return {
    field: `${resource}.${field.name}`,
    kind: field.kind,
    alone: firstOfEach(tests).map(([test, [at, code]]) => ({
      says: JSON.stringify(test).slice(0, 80),
      parameters: { filter: wrap(test) },
      faults: [[`/filter${path}${at}`, code]]
    })),
    together: chunks(others, 40).map((some) => ({
      says: `${some.length} at once`,
      parameters: { filter: { AND: [{}, ...some.map(([test]) => wrap(test))] } },
      faults: some.map(([, [at, code]], i): Fault => [`/filter/AND/${i + 1}${path}${at}`, code])
    }))
  }
}

/** Every field of every resource. */
export const badFields: ReadonlyArray<BadField> = Record.keys(DeployFields).flatMap((resource) =>
  Object.values<Field.Field>(DeployFields[resource].fields).map((field) => badField(resource, field))
)
