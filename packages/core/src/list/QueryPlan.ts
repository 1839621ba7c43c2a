import type { Result } from "effect"
import type { InvalidInput } from "../domain/DeployError.ts"
import type { Scope } from "../domain/Principal.ts"
import { Faults } from "./Faults.ts"
import type { ListOptions } from "./ListOptions.ts"
import { type ListRequest, requestOf } from "./ListRequest.ts"
import { within } from "./Scope.ts"

/**
 * What a list is to hold, ready for a store: all of it checked, and cut to what the caller may see.
 *
 * - `filter` says which deploys there are for this caller and request, the cursor aside; total and flags count by it.
 * - `order` is total: it holds `id`.
 * - `position` is where the page begins (`after`) or ends (`before`), with the values there; null for the first page.
 * - `limit` is the rows of a page, 1–100; `total` whether to count.
 */
export interface QueryPlan extends ListRequest {
  /** The scope that `filter` is cut to already, for stores that read each workspace by itself. */
  readonly scope: Scope
}

/**
 * Plans a list for a caller of this scope, or fails with all that is wrong with the options. They are checked as if they
 * had come from outside: a caller without types gets the same answers.
 */
export const makeQueryPlan = (options: ListOptions, scope: Scope): Result.Result<QueryPlan, InvalidInput> => {
  const faults = new Faults()
  const request = requestOf(options, faults)
  return faults.orElse({ ...request, filter: within(request.filter, scope), scope })
}
