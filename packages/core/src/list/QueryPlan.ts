import { Effect } from "effect"
import type { InvalidInput } from "../domain/DeployError.ts"
import type { Scope } from "../domain/Principal.ts"
import type { ListOptions } from "./ListOptions.ts"
/** What a list is to hold. */
export interface QueryPlan {
  readonly limit: number
}
export const queryPlan = (o: ListOptions, _scope: Scope): Effect.Effect<QueryPlan, InvalidInput> =>
  Effect.succeed({ limit: o.limit ?? 100 })
