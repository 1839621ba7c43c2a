import { Schema } from "effect"
import { WorkspaceId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/** A tenant of the host: the unit that access rights are given for. */
export const Workspace = Schema.Struct({ id: WorkspaceId, name: Schema.String, createdAt: Timestamp }).annotate({
  identifier: "Workspace"
})
/** A tenant of the host: the unit that access rights are given for. */
export interface Workspace extends Schema.Schema.Type<typeof Workspace> {}
