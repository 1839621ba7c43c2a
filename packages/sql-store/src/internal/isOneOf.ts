import type { Statement } from "effect/sql"
import type { Database } from "./Database.ts"

/**
 * Whether an id column holds one of these. A single one is compared by itself: for an array, PostgreSQL plans a statement
 * anew at each call as long as it takes the plan for any array to be dearer, and planning takes longer than the look-up.
 */
export const isOneOf = ({ sql }: Database, column: string, ids: ReadonlyArray<string>): Statement.Fragment =>
  ids.length === 1 ? sql`${sql.literal(column)} = ${ids[0]}` : sql`${sql.literal(column)} = ANY (${[...ids]}::text[])`
