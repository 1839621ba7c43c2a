import { Context, type Effect, Schema } from "effect"
import type { Build } from "../domain/Build.ts"
import type { StoreError } from "../domain/DeployError.ts"
import type { Entity } from "../domain/Entity.ts"
import { EntityId, type VersionId } from "../domain/Id.ts"
import type { Scope } from "../domain/Principal.ts"
import type { SourceEvent } from "../domain/SourceEvent.ts"
import type { Version } from "../domain/Version.ts"
import type { Workspace } from "../domain/Workspace.ts"

/** The name is taken: entity names are unique in the whole catalog, since they become host names. */
export class NameTaken extends Schema.TaggedError<NameTaken>()("NameTaken", {
  name: Schema.String,
  /** The entity that has it. */
  entityId: EntityId
}) {
  /** Names the name. */
  override get message() {
    return `The name ${this.name} is taken`
  }
}

/**
 * Fills a catalog of our own. Hosts that have one don't need this: the engine reads `Catalog` alone.
 *
 * Registering a row whose id is there answers with the row that is there and changes nothing.
 */
export class CatalogRegistry extends Context.Service<
  CatalogRegistry,
  {
    /** Adds a workspace. */
    readonly addWorkspace: (row: Omit<Workspace, "createdAt">) => Effect.Effect<Workspace, StoreError>

    /** Adds an entity to a workspace that is there. A name that another entity has is a `NameTaken`. */
    readonly addEntity: (row: Omit<Entity, "createdAt">) => Effect.Effect<Entity, NameTaken | StoreError>

    /** The version with this name of this entity, made with this id if there is none; the first one is its default. */
    readonly ensureVersion: (row: {
      readonly id: VersionId
      readonly entityId: EntityId
      readonly name: string
    }) => Effect.Effect<Version, StoreError>

    /** Adds a build. A status that is final sets `completedAt`. */
    readonly addBuild: (row: Omit<Build, "createdAt" | "completedAt">) => Effect.Effect<Build, StoreError>

    /** Adds a source event to a workspace that is there. */
    readonly addSourceEvent: (row: Omit<SourceEvent, "createdAt">) => Effect.Effect<SourceEvent, StoreError>

    /** Workspaces in scope, the oldest first. */
    readonly workspaces: (scope: Scope) => Effect.Effect<ReadonlyArray<Workspace>, StoreError>

    /** Entities of the workspaces in scope, the oldest first. */
    readonly entities: (scope: Scope) => Effect.Effect<ReadonlyArray<Entity>, StoreError>

    /** Builds of an entity, the newest first, at most `limit`. */
    readonly builds: (entityId: EntityId, limit: number) => Effect.Effect<ReadonlyArray<Build>, StoreError>
  }
>()("@deploys/core/CatalogRegistry") {}
