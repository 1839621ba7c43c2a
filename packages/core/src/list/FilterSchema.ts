import { Record, Schema } from "effect"
import { describeResource, type Relation, type ResourceName } from "./DeployFields.ts"
import type { Field, Kind } from "./Field.ts"
import { maxValues } from "./FilterLimits.ts"
import { type Operator, operators, pathOperators, quantifiers } from "./FilterSyntax.ts"

type Shape = Schema.Codec<unknown, unknown>

const named = (name: string, description: string, shape: Shape): Shape =>
  shape.pipe(Schema.annotate({ identifier: name, description }))

const struct = (fields: ReadonlyArray<readonly [name: string, shape: Shape]>): Shape =>
  Schema.Struct(Object.fromEntries(fields.map(([name, shape]) => [name, Schema.optionalKey(shape)])))

const key = Schema.NonEmptyString

/** JSON but for null, which `isNull` asks for. */
const document: Shape = Schema.Union([
  Schema.String,
  Schema.Finite,
  Schema.Boolean,
  Schema.Array(Schema.Json),
  Schema.Record(Schema.String, Schema.Json)
])

const meanings: { readonly [O in Operator]?: string } = {
  ne: "The complement of `eq`: also lets null through.",
  in: "One of the values. Of an empty list nothing is one.",
  notIn: "The complement of `in`: also lets null through.",
  isNull: "Whether nothing is there.",
  contains: "Holds this. No character is a wildcard; JSON is contained as PostgreSQL's `@>` has it.",
  iContains: "Holds this text, in capital or small ASCII letters.",
  iStartsWith: "Starts with this text, in capital or small ASCII letters.",
  iEndsWith: "Ends with this text, in capital or small ASCII letters.",
  hasKey: "An object with this key."
}

const textOperators: ReadonlySet<Operator> = new Set([
  "startsWith",
  "endsWith",
  "iContains",
  "iStartsWith",
  "iEndsWith"
])

/** What an operator takes whose subject holds values of this shape, and of this one where it is a range. */
const operand = (operator: Operator, value: Shape, limit: Shape): Shape => {
  if (textOperators.has(operator)) return Schema.String
  switch (operator) {
    case "isNull":
      return Schema.Boolean
    case "in":
    case "notIn":
      return Schema.Array(value).check(Schema.isMaxLength(maxValues))
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return limit
    case "hasKey":
      return key
    case "path":
      return path
    default:
      return value
  }
}

const operatorOf = (operator: Operator, value: Shape, limit = value): Shape => {
  const description = meanings[operator]
  const shape = operand(operator, value, limit)
  return description === undefined ? shape : shape.pipe(Schema.annotate({ description }))
}

const path = named(
  "PathOperators",
  "Tests of what stands under `keys`, each key of one object deeper. A value compares with its own JSON type alone.",
  Schema.Struct({
    keys: Schema.NonEmptyArray(key).check(Schema.isMaxLength(maxValues)),
    ...Record.fromIterableWith(pathOperators, (operator) => [
      operator,
      Schema.optionalKey(operatorOf(operator, document, Schema.Union([Schema.String, Schema.Finite])))
    ])
  })
)

const tests = (kind: Kind, value: Shape) =>
  struct(operators[kind].map((operator): readonly [string, Shape] => [operator, operatorOf(operator, value)]))

const time = Schema.String.annotate({
  format: "date-time",
  description: "RFC 3339, with at most six digits of a second"
})

const shared = {
  boolean: named("BooleanOperators", "Tests of a flag.", tests("boolean", Schema.Boolean)),
  text: named("TextOperators", "Tests of text, which compares by code point.", tests("text", Schema.String)),
  number: named("NumberOperators", "Tests of a whole number.", tests("number", Schema.Finite)),
  time: named("TimeOperators", "Tests of an instant, which is exact to the microsecond.", tests("time", time)),
  json: named("JsonOperators", "Tests of a JSON document.", tests("json", document))
}

const testsOf = ({ kind, literals, schema }: Field): Shape => {
  if (kind === "id") return tests(kind, schema)
  return kind === "enum" ? tests(kind, Schema.Literals(literals)) : shared[kind]
}

const relationOf = ({ many, target }: Relation): Shape =>
  many
    ? struct(quantifiers.map((quantifier) => [quantifier, Schema.suspend(() => shapes[target].filter)]))
    : Schema.suspend(() => shapes[target].related)

const shapesOf = (name: ResourceName) => {
  const { fields, relations } = describeResource(name)
  const self = () => Schema.suspend(() => shapes[name].filter)
  // Made for each of the two: what they shared would get a name of its own.
  const parts = (): ReadonlyArray<readonly [string, Shape]> => [
    ...[...fields.values()].map((field) => [field.name, testsOf(field)] as const),
    ...[...relations.values()].map((relation) => [relation.name, relationOf(relation)] as const),
    ["AND", Schema.Array(self())],
    ["OR", Schema.Array(self())],
    ["NOT", self()]
  ]
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  const all = "All that stands side by side is ANDed, and nothing lets every row through."
  const isNull = Schema.Boolean.annotate({ description: "Whether there is no such row." })
  return {
    filter: named(`${title}Filter`, all, struct(parts())),
    related: named(
      `${title}RelationFilter`,
      `${all} There has to be such a row.`,
      struct([...parts(), ["isNull", isNull]])
    )
  }
}

const shapes: { readonly [Name in ResourceName]: { readonly filter: Shape; readonly related: Shape } } = {
  deploy: shapesOf("deploy"),
  step: shapesOf("step"),
  workspace: shapesOf("workspace"),
  entity: shapesOf("entity"),
  build: shapesOf("build"),
  version: shapesOf("version"),
  sourceEvent: shapesOf("sourceEvent")
}

/**
 * What a filter of deploys looks like, derived from `DeployFields`, for JSON Schema and OpenAPI. It knows nothing of limits
 * and goes as deep as its input: requests are read by `decodeListOptions`.
 */
export const filterShape: Shape = shapes.deploy.filter
