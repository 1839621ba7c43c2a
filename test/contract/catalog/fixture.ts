import type { Build } from "@deploys/core"
import {
  ArtifactLocator,
  BuildId,
  CatalogRegistry,
  EntityId,
  IdGenerator,
  SourceEventId,
  VersionId,
  WorkspaceId
} from "@deploys/core"
import { Effect, type Schema } from "effect"

/** How to make an id of each kind. */
export const ids = {
  workspace: { prefix: "ws", make: (text: string) => WorkspaceId.make(text) },
  entity: { prefix: "app", make: (text: string) => EntityId.make(text) },
  version: { prefix: "ver", make: (text: string) => VersionId.make(text) },
  build: { prefix: "bld", make: (text: string) => BuildId.make(text) },
  sourceEvent: { prefix: "evt", make: (text: string) => SourceEventId.make(text) }
}

/** An id that no row has. */
export const id = <A>(kind: { readonly prefix: string; readonly make: (text: string) => A }) =>
  Effect.map(
    Effect.flatMap(IdGenerator, (generator) => generator.next(kind.prefix)),
    kind.make
  )

/** A workspace of its own. */
export const workspace = Effect.gen(function* () {
  const registry = yield* CatalogRegistry
  return yield* registry.addWorkspace({ id: yield* id(ids.workspace), name: "Acme" })
})

/** An entity whose name is its own unless it is given. */
export const entity = Effect.fnUntraced(function* (workspaceId: WorkspaceId, name?: string) {
  const registry = yield* CatalogRegistry
  const entityId = yield* id(ids.entity)
  return yield* registry.addEntity({ id: entityId, workspaceId, kind: "app", name: name ?? entityId })
})

/** A version, the default one if it is the first. */
export const version = Effect.fnUntraced(function* (entityId: EntityId, name = "main") {
  const registry = yield* CatalogRegistry
  return yield* registry.ensureVersion({ id: yield* id(ids.version), entityId, name })
})

/** A completed build, unless told otherwise. */
export const build = Effect.fnUntraced(function* (versionId: VersionId, given: Partial<Build> = {}) {
  const registry = yield* CatalogRegistry
  const buildId = given.id ?? (yield* id(ids.build))
  return yield* registry.addBuild({
    id: buildId,
    versionId,
    status: given.status ?? "completed",
    artifact: given.artifact === undefined ? ArtifactLocator.make(`artifact of ${buildId}`) : given.artifact,
    branch: given.branch ?? null,
    commitSha: given.commitSha ?? null,
    commitMessage: given.commitMessage ?? null,
    error: given.error ?? null
  })
})

/** A source event with this payload. */
export const sourceEvent = Effect.fnUntraced(function* (workspaceId: WorkspaceId, payload: Schema.Json = null) {
  const registry = yield* CatalogRegistry
  return yield* registry.addSourceEvent({ id: yield* id(ids.sourceEvent), workspaceId, kind: "push", payload })
})
