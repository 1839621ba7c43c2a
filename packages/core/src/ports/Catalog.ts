import { Context, type Effect, type Option } from "effect"
import type { Build } from "../domain/Build.ts"
import type { StoreError } from "../domain/DeployError.ts"
import type { Entity } from "../domain/Entity.ts"
import type { BuildId, EntityId, SourceEventId, WorkspaceId } from "../domain/Id.ts"
import type { SourceEvent } from "../domain/SourceEvent.ts"
import type { Version } from "../domain/Version.ts"
import type { Workspace } from "../domain/Workspace.ts"

/** A build and what it is a build of. */
export interface BuildOrigin {
  readonly build: Build
  readonly version: Version
  readonly entity: Entity
}

/**
 * What the host has to deploy. It belongs to the host, and the engine only reads it.
 *
 * Answers are not filtered by rights: the engine asks `AccessPolicy` rights of the workspace that a row names.
 */
export class Catalog extends Context.Service<
  Catalog,
  {
    /** The workspace with this id, or none. */
    readonly workspace: (id: WorkspaceId) => Effect.Effect<Option.Option<Workspace>, StoreError>

    /** The entity with this id, or none. */
    readonly entity: (id: EntityId) => Effect.Effect<Option.Option<Entity>, StoreError>

    /** The build with this id, with its version and entity, or none. */
    readonly build: (id: BuildId) => Effect.Effect<Option.Option<BuildOrigin>, StoreError>

    /**
     * The build that a deploy of this entity takes when none is named: of its default version the completed one that was
     * created last, of equals the one with the greatest id. None if there is no such build, or no such entity.
     */
    readonly latestBuild: (entityId: EntityId) => Effect.Effect<Option.Option<BuildOrigin>, StoreError>

    /** The source event with this id, or none. */
    readonly sourceEvent: (id: SourceEventId) => Effect.Effect<Option.Option<SourceEvent>, StoreError>
  }
>()("@deploys/core/Catalog") {}
