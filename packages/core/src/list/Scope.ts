import type { Scope } from "../domain/Principal.ts"
import { describeResource, type ResourceName } from "./DeployFields.ts"
import { and, everything, type Filter, isIn, not, nothing, or, related, subject } from "./Filter.ts"

/** The rows of a resource that belong to one of the workspaces. */
const visible = (resource: ResourceName, scope: Scope): Filter => {
  if (scope === "all") return everything
  const { fields, relations, tenancy } = describeResource(resource)
  if (tenancy === "inherited") return everything
  if ("field" in tenancy) {
    const field = fields.get(tenancy.field)
    return field === undefined ? nothing : isIn(subject(field), scope)
  }
  const relation = relations.get(tenancy.relation)
  return relation === undefined ? nothing : related(relation, visible(relation.target, scope))
}

/** The filter with every relation in it led to visible rows alone. */
const inRelations = (filter: Filter, scope: Scope): Filter => {
  switch (filter._tag) {
    case "And":
      return and(filter.filters.map((part) => inRelations(part, scope)))
    case "Or":
      return or(filter.filters.map((part) => inRelations(part, scope)))
    case "Related": {
      const { negated, relation } = filter
      const exists = related(relation, and([inRelations(filter.filter, scope), visible(relation.target, scope)]))
      return negated ? not(exists) : exists
    }
    default:
      return filter
  }
}

/**
 * The filter over deploys as a caller of this scope may ask it: what lies outside does not exist, neither among the rows
 * nor behind a relation.
 */
export const within = (filter: Filter, scope: Scope): Filter =>
  scope === "all" ? filter : and([inRelations(filter, scope), visible("deploy", scope)])
