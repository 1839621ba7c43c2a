import { Result } from "effect"
import type { InvalidInput } from "../domain/DeployError.ts"
import type { Scope } from "../domain/Principal.ts"
import * as Cursor from "./Cursor.ts"
import { DeployFields } from "./DeployFields.ts"
import { Faults } from "./Faults.ts"
import { and, equals, everything, type Filter, isIn, subject } from "./Filter.ts"
import type { Position, Side } from "./Keyset.ts"
import type { ListOptions } from "./ListOptions.ts"
import { newest, type Order } from "./Order.ts"
import { within } from "./Scope.ts"

/** What a list is to hold, ready for a store: all of it checked, and cut to what the caller may see. */
export interface QueryPlan {
  /** Which deploys there are for this caller and request, the cursor aside. `total` and the flags count by it. */
  readonly filter: Filter
  /** The scope that `filter` is cut to already, for stores that read each workspace by itself. */
  readonly scope: Scope
  readonly order: Order
  /** Where the page begins (`after`) or ends (`before`), and the values there; null for the first page. */
  readonly position: Position | null
  /** Rows of the page, 1–100. */
  readonly limit: number
  /** Whether to count. */
  readonly total: boolean
}

const shorthands = ["workspaceId", "entityId", "buildId", "status", "trigger", "createdBy"] as const

const shorthandFilter = (options: ListOptions): Filter =>
  and([
    ...shorthands.map((name) => {
      const value = options[name]
      return value === undefined ? everything : equals(subject(DeployFields.deploy.fields[name]), value)
    }),
    options.ids === undefined ? everything : isIn(subject(DeployFields.deploy.fields.id), options.ids)
  ])

const position = (options: ListOptions, order: Order, faults: Faults): Position | null => {
  const { after, before } = options
  if (after !== undefined && before !== undefined) faults.add("/before", "conflict", "can't be combined with `after`")
  return placed("after", after, order, faults) ?? placed("before", before, order, faults)
}

const placed = (side: Side, cursor: string | undefined, order: Order, faults: Faults): Position | null => {
  if (cursor === undefined) return null
  return Result.match(Cursor.decode(order, cursor), {
    onSuccess: (values) => ({ side, values }),
    onFailure: ({ code, message }) => {
      faults.add(`/${side}`, code, message)
      return null
    }
  })
}

/** Plans a list for a caller of this scope, or tells all that is wrong with the request. */
export const makeQueryPlan = (options: ListOptions, scope: Scope): Result.Result<QueryPlan, InvalidInput> => {
  const faults = new Faults()
  const order = newest
  const plan: QueryPlan = {
    filter: within(shorthandFilter(options), scope),
    scope,
    order,
    position: position(options, order, faults),
    limit: options.limit ?? 100,
    total: options.total ?? true
  }
  return faults.orElse(plan)
}
