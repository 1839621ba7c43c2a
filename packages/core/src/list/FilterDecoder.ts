import { describeResource, type Relation, type ResourceName } from "./DeployFields.ts"
import * as Filter from "./Filter.ts"
import { keepsLimits } from "./FilterLimits.ts"
import { operators, quantifiers } from "./FilterSyntax.ts"
import { decodeTests } from "./FilterTests.ts"
import type { Input } from "./Input.ts"

/** Makes the tree of a filter as a request writes it. Where something is wrong, that is noted and the tree means nothing. */
export const decodeFilter = (input: Input): Filter.Filter =>
  // The functions below call each other as often as filters stand in each other: the limits come first.
  keepsLimits(input) ? filterOf(input, "deploy") : Filter.everything

const filterOf = (input: Input, resource: ResourceName): Filter.Filter =>
  Filter.and(input.entries().map(([key, value]) => partOf(key, value, resource)))

const partOf = (key: string, input: Input, resource: ResourceName): Filter.Filter => {
  if (key === "AND") return Filter.and(input.items().map((item) => filterOf(item, resource)))
  if (key === "OR") return Filter.or(input.items().map((item) => filterOf(item, resource)))
  if (key === "NOT") return Filter.not(filterOf(input, resource))
  const { fields, relations } = describeResource(resource)
  const field = fields.get(key)
  if (field !== undefined) return decodeTests(input.entries(), Filter.subject(field), operators[field.kind])
  const relation = relations.get(key)
  if (relation !== undefined) return relation.many ? toMany(input, relation) : toOne(input, relation)
  const known = [...fields.keys(), ...relations.keys(), "AND", "OR", "NOT"]
  input.fault("unknown", `Unknown field; there are ${known.join(", ")}`)
  return Filter.everything
}

const toOne = (input: Input, relation: Relation): Filter.Filter => {
  const present = Filter.related(relation, Filter.everything)
  const entries = input.entries()
  const rest = entries.filter(([key]) => key !== "isNull")
  const asked = entries
    .filter(([key]) => key === "isNull")
    .map(([, operand]) => (operand.flag() ? Filter.not(present) : present))
  const inner = Filter.and(rest.map(([key, value]) => partOf(key, value, relation.target)))
  // `{}` asks for a row, and so does whatever stands beside `isNull`.
  return Filter.and(asked.length > 0 && rest.length === 0 ? asked : [...asked, Filter.related(relation, inner)])
}

const toMany = (input: Input, relation: Relation): Filter.Filter =>
  Filter.and(
    input.entries().map(([name, value]) => {
      const quantifier = quantifiers.find((known) => known === name)
      if (quantifier !== undefined) return quantified[quantifier](relation, filterOf(value, relation.target))
      value.fault("unknown", `Unknown operator; there are ${quantifiers.join(", ")}`)
      return Filter.everything
    })
  )

const quantified = {
  some: Filter.related,
  every: (relation: Relation, filter: Filter.Filter) => Filter.not(Filter.related(relation, Filter.not(filter))),
  none: (relation: Relation, filter: Filter.Filter) => Filter.not(Filter.related(relation, filter))
}
