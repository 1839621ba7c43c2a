import {
  type BuildId,
  Catalog,
  type EntityId,
  Forbidden,
  hasRight,
  NotFound,
  type Principal,
  type Right,
  type WorkspaceId
} from "@deploys/core"
import { CurrentPrincipal } from "@deploys/http/api"
import { Effect, Option } from "effect"

type Resource = NotFound["resource"]

/** Looks rows up for the caller: what the caller may not read is not found, exactly as if it did not exist. */
export const catalogAccess = Effect.map(Catalog, (catalog) => {
  const seen = Effect.fnUntraced(function* <A, E>(
    row: Effect.Effect<Option.Option<A>, E>,
    workspaceOf: (row: A) => WorkspaceId,
    resource: Resource,
    id: string
  ) {
    const principal = yield* CurrentPrincipal
    const found = Option.filter(yield* row, (value) => hasRight(principal, "read", workspaceOf(value)))
    return Option.isSome(found) ? found.value : yield* new NotFound({ resource, id })
  })
  return {
    workspace: (id: WorkspaceId) => seen(catalog.workspace(id), (row) => row.id, "workspace", id),
    app: (id: EntityId) => seen(catalog.entity(id), (row) => row.workspaceId, "app", id),
    build: (id: BuildId) => seen(catalog.build(id), ({ entity }) => entity.workspaceId, "build", id)
  }
})

/** Fails where the caller, who sees the workspace, lacks the right in it. */
export const requireRight = (principal: Principal, right: Right, workspaceId: WorkspaceId) =>
  hasRight(principal, right, workspaceId) ? Effect.void : Effect.fail(new Forbidden({ right, workspaceId }))
