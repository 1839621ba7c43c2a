import { Schema } from "effect"
import { SourceEventId, WorkspaceId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/** Something that happened outside, a push or a finished build, and caused an automatic deploy. */
export const SourceEvent = Schema.Struct({
  id: SourceEventId,
  workspaceId: WorkspaceId,
  kind: Schema.String,
  payload: Schema.Json,
  createdAt: Timestamp
})
/** Something that happened outside and caused an automatic deploy. */
export interface SourceEvent extends Schema.Schema.Type<typeof SourceEvent> {}
