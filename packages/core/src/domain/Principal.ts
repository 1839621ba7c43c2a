import { Schema } from "effect"
import { Subject } from "./Deploy.ts"
import { WorkspaceId } from "./Id.ts"

/**
 * What a caller may do in a workspace.
 *
 * - `read`: see its deploys and catalog. Whoever lacks it can't tell the workspace from one that does not exist.
 * - `deploy`: register builds, create deploys, roll back.
 * - `cancel`: cancel deploys.
 * - `admin`: make apps and tokens.
 */
export const Right = Schema.Literals(["read", "deploy", "cancel", "admin"])
/** What a caller may do in a workspace. */
export type Right = typeof Right.Type

/** Who is calling, and what they may do: in every workspace, and in single ones besides. */
export const Principal = Schema.Struct({
  subject: Subject,
  everywhere: Schema.Array(Right),
  workspaces: Schema.Record(WorkspaceId, Schema.Array(Right))
})
/** Who is calling, and what they may do. */
export interface Principal extends Schema.Schema.Type<typeof Principal> {}

/** The workspaces that a caller may see. */
export type Scope = "all" | ReadonlyArray<WorkspaceId>

/** A principal with every right in every workspace, for hosts that check access themselves. */
export const trustedPrincipal = (subject: string): Principal => ({
  subject,
  everywhere: Right.literals,
  workspaces: {}
})

/** Whether the principal has this right in this workspace. */
export const hasRight = (principal: Principal, right: Right, workspaceId: WorkspaceId): boolean =>
  principal.everywhere.includes(right) ||
  (Object.hasOwn(principal.workspaces, workspaceId) && principal.workspaces[workspaceId]?.includes(right) === true)

/** The workspaces in which the principal has `read`. */
export const readScope = (principal: Principal): Scope =>
  principal.everywhere.includes("read")
    ? "all"
    : Object.keys(principal.workspaces)
        .map((id) => WorkspaceId.make(id))
        .filter((id) => hasRight(principal, "read", id))

/** Whether a scope holds this workspace. */
export const inScope = (scope: Scope, workspaceId: WorkspaceId): boolean =>
  scope === "all" || scope.includes(workspaceId)
