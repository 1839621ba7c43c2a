import { Schema } from "effect"
import { DeployStatus, DeployTrigger, Subject } from "../domain/Deploy.ts"
import { BuildId, DeployId, EntityId, WorkspaceId } from "../domain/Id.ts"
import { isStorableText } from "../domain/StorableJson.ts"
import { DeployFilter } from "./DeployFilter.ts"
import { maxValues } from "./FilterLimits.ts"
import { unstorable } from "./Input.ts"
import { OrderBy } from "./OrderBy.ts"

const storable = Schema.makeFilter((text: string) => isStorableText(text) || unstorable, { toJsonSchema: () => ({}) })

/** What a list may be asked for. Everything given is ANDed; nothing given is the newest deploys. */
export const ListOptions = Schema.Struct({
  /** Rows of a page, 1–100. Default: 100. */
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
  /** A cursor: the page begins behind its row. Not together with `before`. */
  after: Schema.optionalKey(Schema.String),
  /** A cursor: the page ends before its row. */
  before: Schema.optionalKey(Schema.String),
  filter: Schema.optionalKey(DeployFilter),
  /** Default: newest first. */
  orderBy: Schema.optionalKey(OrderBy),
  /** At most 1,000. */
  ids: Schema.optionalKey(Schema.Array(DeployId).check(Schema.isMaxLength(maxValues))),
  workspaceId: Schema.optionalKey(WorkspaceId),
  entityId: Schema.optionalKey(EntityId),
  buildId: Schema.optionalKey(BuildId),
  status: Schema.optionalKey(DeployStatus),
  trigger: Schema.optionalKey(DeployTrigger),
  createdBy: Schema.optionalKey(Subject.check(storable)),
  /** Whether to count all rows that filter and scope let through. Default: true. */
  total: Schema.optionalKey(Schema.Boolean)
})
/** What a list may be asked for. */
export interface ListOptions extends Schema.Schema.Type<typeof ListOptions> {}
