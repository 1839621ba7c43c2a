import { Schema } from "effect"
import { EntityId, VersionId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/** A line of development of an entity, such as a branch. Exactly one version of an entity is its default. */
export const Version = Schema.Struct({
  id: VersionId,
  entityId: EntityId,
  name: Schema.String,
  isDefault: Schema.Boolean,
  createdAt: Timestamp
})
/** A line of development of an entity, such as a branch. */
export interface Version extends Schema.Schema.Type<typeof Version> {}
