import { Record, Schema } from "effect"
import { describeResource, type Relation, type ResourceName } from "./DeployFields.ts"
import type { Field, Kind } from "./Field.ts"
import { maxValues } from "./FilterLimits.ts"
import { type Operator, operators, pathOperators, quantifiers } from "./FilterSyntax.ts"

type Shape = Schema.Codec<unknown, unknown>

const named = (name: string, shape: Shape): Shape => shape.pipe(Schema.annotate({ identifier: name }))

const struct = (fields: ReadonlyArray<readonly [name: string, shape: Shape]>): Shape =>
  Schema.Struct(Object.fromEntries(fields.map(([name, shape]) => [name, Schema.optionalKey(shape)])))

const key = Schema.NonEmptyString
const document: Shape = Schema.Json

/** What an operator takes whose subject holds values of this shape. */
const operand = (operator: Operator, value: Shape): Shape => {
  switch (operator) {
    case "isNull":
      return Schema.Boolean
    case "in":
    case "notIn":
      return Schema.Array(value).check(Schema.isMaxLength(maxValues))
    case "hasKey":
      return key
    case "path":
      return path
    default:
      return value
  }
}

const path = named(
  "PathOperators",
  Schema.Struct({
    keys: Schema.NonEmptyArray(key).check(Schema.isMaxLength(maxValues)),
    ...Record.fromIterableWith(pathOperators, (operator) => [operator, Schema.optionalKey(operand(operator, document))])
  })
)

const tests = (kind: Kind, value: Shape) =>
  struct(operators[kind].map((operator): readonly [string, Shape] => [operator, operand(operator, value)]))

const time = Schema.String.annotate({
  format: "date-time",
  description: "RFC 3339, with at most six digits of a second"
})

const shared = {
  boolean: named("BooleanOperators", tests("boolean", Schema.Boolean)),
  text: named("TextOperators", tests("text", Schema.String)),
  number: named("NumberOperators", tests("number", Schema.Finite)),
  time: named("TimeOperators", tests("time", time)),
  json: named("JsonOperators", tests("json", document))
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
  const parts: ReadonlyArray<readonly [string, Shape]> = [
    ...[...fields.values()].map((field) => [field.name, testsOf(field)] as const),
    ...[...relations.values()].map((relation) => [relation.name, relationOf(relation)] as const),
    ["AND", Schema.Array(self())],
    ["OR", Schema.Array(self())],
    ["NOT", self()]
  ]
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  return {
    filter: named(`${title}Filter`, struct(parts)),
    related: named(`${title}RelationFilter`, struct([...parts, ["isNull", Schema.Boolean]]))
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
