import { HashMap, Option, Order, Result } from "effect"
import type { Build } from "../../domain/Build.ts"
import type { Entity } from "../../domain/Entity.ts"
import type { BuildId, EntityId, SourceEventId, VersionId, WorkspaceId } from "../../domain/Id.ts"
import type { SourceEvent } from "../../domain/SourceEvent.ts"
import type { Timestamp } from "../../domain/Timestamp.ts"
import type { Version } from "../../domain/Version.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import type { BuildOrigin } from "../../ports/Catalog.ts"
import { NameTaken } from "../../ports/CatalogRegistry.ts"

/** A whole catalog: one immutable value. */
export interface CatalogState {
  readonly workspaces: HashMap.HashMap<WorkspaceId, Workspace>
  readonly entities: HashMap.HashMap<EntityId, Entity>
  readonly versions: HashMap.HashMap<VersionId, Version>
  readonly builds: HashMap.HashMap<BuildId, Build>
  readonly sourceEvents: HashMap.HashMap<SourceEventId, SourceEvent>
}

/** A catalog without a row. */
export const emptyCatalog: CatalogState = {
  workspaces: HashMap.empty(),
  entities: HashMap.empty(),
  versions: HashMap.empty(),
  builds: HashMap.empty(),
  sourceEvents: HashMap.empty()
}

/** By time of creation, and of equals by id. */
export const byAge: Order.Order<{ readonly id: string; readonly createdAt: Timestamp }> = Order.mapInput(
  Order.Tuple([Order.String, Order.String]),
  (row) => [row.createdAt, row.id] as const
)

/** The rows of a table that pass, the oldest first. */
export const rowsOf = <K, A extends { readonly id: string; readonly createdAt: Timestamp }>(
  table: HashMap.HashMap<K, A>,
  passes: (row: A) => boolean
): ReadonlyArray<A> => HashMap.toValues(table).filter(passes).toSorted(byAge)

/** A build with its version and entity. */
export const originOf = (state: CatalogState, build: Build): Option.Option<BuildOrigin> =>
  Option.gen(function* () {
    const version = yield* HashMap.get(state.versions, build.versionId)
    const entity = yield* HashMap.get(state.entities, version.entityId)
    return { build, version, entity }
  })

/** The completed build of the entity's default version that was created last. */
export const latestOf = (state: CatalogState, entityId: EntityId): Option.Option<BuildOrigin> => {
  const defaults = new Set(
    rowsOf(state.versions, (version) => version.entityId === entityId && version.isDefault).map(({ id }) => id)
  )
  const builds = rowsOf(state.builds, (build) => build.status === "completed" && defaults.has(build.versionId))
  return Option.flatMap(Option.fromNullishOr(builds.at(-1)), (build) => originOf(state, build))
}

/** What a call answers, and the catalog after it. */
export type Registered<A> = readonly [answer: A, state: CatalogState]

/** Adds a workspace. */
export const addWorkspace = (state: CatalogState, row: Workspace): Registered<Workspace> =>
  Option.match(HashMap.get(state.workspaces, row.id), {
    onSome: (present): Registered<Workspace> => [present, state],
    onNone: () => [row, { ...state, workspaces: HashMap.set(state.workspaces, row.id, row) }]
  })

/** Adds an entity whose name no other has. */
export const addEntity = (state: CatalogState, row: Entity): Registered<Result.Result<Entity, NameTaken>> => {
  const present = HashMap.get(state.entities, row.id)
  if (Option.isSome(present)) return [Result.succeed(present.value), state]
  const [other] = rowsOf(state.entities, ({ name }) => name === row.name)
  return other === undefined
    ? [Result.succeed(row), { ...state, entities: HashMap.set(state.entities, row.id, row) }]
    : [Result.fail(new NameTaken({ name: row.name, entityId: other.id })), state]
}

/** The version with this id, or with this name of this entity; else it is added, the entity's first as its default. */
export const ensureVersion = (state: CatalogState, row: Omit<Version, "isDefault">): Registered<Version> => {
  const siblings = rowsOf(state.versions, ({ entityId }) => entityId === row.entityId)
  const present = Option.orElse(HashMap.get(state.versions, row.id), () =>
    Option.fromNullishOr(siblings.find(({ name }) => name === row.name))
  )
  if (Option.isSome(present)) return [present.value, state]
  const version = { ...row, isDefault: siblings.length === 0 }
  return [version, { ...state, versions: HashMap.set(state.versions, row.id, version) }]
}

/** Adds a build. */
export const addBuild = (state: CatalogState, row: Build): Registered<Build> =>
  Option.match(HashMap.get(state.builds, row.id), {
    onSome: (present): Registered<Build> => [present, state],
    onNone: () => [row, { ...state, builds: HashMap.set(state.builds, row.id, row) }]
  })

/** Adds a source event. */
export const addSourceEvent = (state: CatalogState, row: SourceEvent): Registered<SourceEvent> =>
  Option.match(HashMap.get(state.sourceEvents, row.id), {
    onSome: (present): Registered<SourceEvent> => [present, state],
    onNone: () => [row, { ...state, sourceEvents: HashMap.set(state.sourceEvents, row.id, row) }]
  })
