import { decodeListOptions, type FilterPredicate, type ListOptions, type ResourceName } from "@deploys/core"
import { Result } from "effect"
import type { World } from "./naive.ts"

const tables: Readonly<Record<ResourceName, keyof World>> = {
  deploy: "deploys",
  step: "steps",
  workspace: "workspaces",
  entity: "entities",
  build: "builds",
  version: "versions",
  sourceEvent: "sourceEvents"
}

/** Follows relations in a world, as a store does. */
export const relativesIn =
  (world: World): FilterPredicate.Relatives =>
  ({ foreign, local, target }, row) =>
    world[tables[target]].filter((candidate) => candidate[foreign] === Reflect.get(row, local))

/** Options as they come from outside: what is wrong with them fails the test. */
export const optionsOf = (input: unknown): ListOptions =>
  Result.getOrThrowWith(decodeListOptions(input), (error) => new Error(error.message))
