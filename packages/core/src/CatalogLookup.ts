import { Effect, Option } from "effect"
import { BuildNotDeployable, Forbidden, NoDeployableBuild, NotFound } from "./domain/DeployError.ts"
import type { BuildId, EntityId, SourceEventId, WorkspaceId } from "./domain/Id.ts"
import { hasRight, type Principal, type Right } from "./domain/Principal.ts"
import { type BuildOrigin, Catalog } from "./ports/Catalog.ts"

/** Fails where the caller, who sees the workspace, lacks the right in it. */
export const requireRight = (principal: Principal, right: Right, workspaceId: WorkspaceId) =>
  hasRight(principal, right, workspaceId) ? Effect.void : Effect.fail(new Forbidden({ right, workspaceId }))

/** Looks up for a caller what a request names: what the caller may not read is not found, as if it did not exist. */
export const catalogLookup = Effect.map(Catalog, (catalog) => {
  const seen = Effect.fnUntraced(function* <A, E>(
    row: Effect.Effect<Option.Option<A>, E>,
    isVisible: (row: A) => boolean,
    named: { readonly resource: NotFound["resource"]; readonly id: string }
  ) {
    const found = Option.filter(yield* row, isVisible)
    return Option.isSome(found) ? found.value : yield* new NotFound(named)
  })

  const entity = (principal: Principal, id: EntityId) =>
    seen(catalog.entity(id), ({ workspaceId }) => hasRight(principal, "read", workspaceId), { resource: "app", id })

  const deployable = Effect.fnUntraced(function* (principal: Principal, origin: BuildOrigin) {
    yield* requireRight(principal, "deploy", origin.entity.workspaceId)
    const { artifact, error, id, status } = origin.build
    if (status !== "completed" || artifact === null)
      return yield* new BuildNotDeployable({ buildId: id, status, error })
    return origin
  })

  return {
    entity,

    /** The source event of this workspace. */
    sourceEvent: (id: SourceEventId, workspaceId: WorkspaceId) =>
      seen(catalog.sourceEvent(id), (event) => event.workspaceId === workspaceId, { resource: "sourceEvent", id }),

    /** The build, where this caller may deploy it and it can be deployed. */
    build: Effect.fnUntraced(function* (principal: Principal, id: BuildId) {
      const origin = yield* seen(catalog.build(id), (row) => hasRight(principal, "read", row.entity.workspaceId), {
        resource: "build",
        id
      })
      return yield* deployable(principal, origin)
    }),

    /** The latest build of an entity, where this caller may deploy it and it can be deployed. */
    latestBuild: Effect.fnUntraced(function* (principal: Principal, id: EntityId) {
      const { workspaceId } = yield* entity(principal, id)
      yield* requireRight(principal, "deploy", workspaceId)
      const origin = yield* catalog.latestBuild(id)
      return Option.isSome(origin)
        ? yield* deployable(principal, origin.value)
        : yield* new NoDeployableBuild({ entityId: id })
    })
  }
})
