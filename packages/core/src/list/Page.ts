import { Schema } from "effect"
import { Deploy } from "../domain/Deploy.ts"

/** Where a page stands in its list. */
export const PageInfo = Schema.Struct({
  /** How many rows filter and scope let through, cursor aside; null when it was not asked for. */
  total: Schema.NullOr(Schema.Natural),
  hasNextPage: Schema.Boolean,
  hasPreviousPage: Schema.Boolean,
  /** Cursors of the first and the last row; null on an empty page. */
  startCursor: Schema.NullOr(Schema.String),
  endCursor: Schema.NullOr(Schema.String)
})
/** Where a page stands in its list. */
export interface PageInfo extends Schema.Schema.Type<typeof PageInfo> {}

/** A page of deploys, in the order of the list also when it was reached backwards. */
export const Page = Schema.Struct({ data: Schema.Array(Deploy), pageInfo: PageInfo })
/** A page of deploys. */
export interface Page extends Schema.Schema.Type<typeof Page> {}
