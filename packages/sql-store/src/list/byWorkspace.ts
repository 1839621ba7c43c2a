import { Filter } from "@deploys/core"

/** From so many on, a page from each would be more than what they hold together is worth. */
export const tooMany = 501

/** A filter on several workspaces, taken apart: which they are, and what else it asks for. */
export interface ByWorkspace {
  readonly workspaces: Filter.In["values"]
  readonly rest: Filter.Filter
}

/**
 * Takes a filter on several workspaces apart, so that each can be read in order from its own index: together they would have
 * to be read whole and sorted. Undefined where there are not several, or where the filter names ids that few rows have.
 */
export const byWorkspace = (filter: Filter.Filter): ByWorkspace | undefined => {
  const parts = filter._tag === "And" ? filter.filters : [filter]
  const named = parts.filter(isChoice)
  const choice = named.find(({ field }) => field.name === "workspaceId")
  if (choice === undefined || choice.values.length < 2 || choice.values.length >= tooMany) return undefined
  if (named.some((part) => part !== choice && part.field.kind === "id")) return undefined
  return { workspaces: choice.values, rest: Filter.and(parts.filter((part) => part !== choice)) }
}

const isChoice = (part: Filter.Filter): part is Filter.In =>
  part._tag === "In" && !part.negated && part.keys.length === 0
