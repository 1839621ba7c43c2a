import { Schema } from "effect"
import { EntityId, WorkspaceId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/** What is deployed: an app, a function, or whatever kinds the host has. */
export const Entity = Schema.Struct({
  id: EntityId,
  workspaceId: WorkspaceId,
  kind: Schema.String,
  name: Schema.String,
  createdAt: Timestamp
}).annotate({ identifier: "Entity" })
/** What is deployed: an app, a function, or whatever kinds the host has. */
export interface Entity extends Schema.Schema.Type<typeof Entity> {}
