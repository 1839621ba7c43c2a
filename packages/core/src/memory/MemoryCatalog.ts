import { Context, Effect, HashMap, Layer, Option, Ref } from "effect"
import type { VersionId } from "../domain/Id.ts"
import { inScope } from "../domain/Principal.ts"
import { type Timestamp, timestampNow } from "../domain/Timestamp.ts"
import { Catalog } from "../ports/Catalog.ts"
import { CatalogRegistry } from "../ports/CatalogRegistry.ts"
import { type CatalogRows, catalogOf } from "./internal/catalogRows.ts"
import {
  addBuild,
  addEntity,
  addSourceEvent,
  addWorkspace,
  type CatalogState,
  emptyCatalog,
  ensureVersion,
  latestOf,
  originOf,
  type Registered,
  rowsOf
} from "./internal/catalogState.ts"

export type { CatalogRows }

type Cell = Ref.Ref<CatalogState>

const makeCatalog = (cell: Cell): Catalog["Service"] => {
  const read = <A>(look: (state: CatalogState) => A) => Effect.map(Ref.get(cell), look)
  return {
    workspace: Effect.fn("Catalog.workspace")((id) => read(({ workspaces }) => HashMap.get(workspaces, id))),
    entity: Effect.fn("Catalog.entity")((id) => read(({ entities }) => HashMap.get(entities, id))),
    build: Effect.fn("Catalog.build")((id) =>
      read((state) => Option.flatMap(HashMap.get(state.builds, id), (build) => originOf(state, build)))
    ),
    latestBuild: Effect.fn("Catalog.latestBuild")((id) => read((state) => latestOf(state, id))),
    sourceEvent: Effect.fn("Catalog.sourceEvent")((id) => read(({ sourceEvents }) => HashMap.get(sourceEvents, id)))
  }
}

const makeRegistry = (cell: Cell): CatalogRegistry["Service"] => {
  const read = <A>(look: (state: CatalogState) => A) => Effect.map(Ref.get(cell), look)
  const add = <A>(register: (state: CatalogState, createdAt: Timestamp) => Registered<A>) =>
    Effect.flatMap(timestampNow, (createdAt) => Ref.modify(cell, (state) => register(state, createdAt)))
  return {
    addWorkspace: Effect.fn("CatalogRegistry.addWorkspace")((row) =>
      add((state, createdAt) => addWorkspace(state, { ...row, createdAt }))
    ),
    addEntity: Effect.fn("CatalogRegistry.addEntity")((row) =>
      Effect.flatMap(
        add((state, createdAt) => addEntity(state, { ...row, createdAt })),
        Effect.fromResult
      )
    ),
    ensureVersion: Effect.fn("CatalogRegistry.ensureVersion")((row) =>
      add((state, createdAt) => ensureVersion(state, { ...row, createdAt }))
    ),
    addBuild: Effect.fn("CatalogRegistry.addBuild")((row) =>
      add((state, createdAt) => {
        const isOver = row.status === "completed" || row.status === "failed"
        return addBuild(state, { ...row, createdAt, completedAt: isOver ? createdAt : null })
      })
    ),
    addSourceEvent: Effect.fn("CatalogRegistry.addSourceEvent")((row) =>
      add((state, createdAt) => addSourceEvent(state, { ...row, createdAt }))
    ),
    workspaces: Effect.fn("CatalogRegistry.workspaces")((scope) =>
      read(({ workspaces }) => rowsOf(workspaces, ({ id }) => inScope(scope, id)))
    ),
    entities: Effect.fn("CatalogRegistry.entities")((scope) =>
      read(({ entities }) => rowsOf(entities, ({ workspaceId }) => inScope(scope, workspaceId)))
    ),
    builds: Effect.fn("CatalogRegistry.builds")((entityId, limit) =>
      read((state) => {
        const isOfEntity = (build: { readonly versionId: VersionId }) =>
          Option.exists(HashMap.get(state.versions, build.versionId), (version) => version.entityId === entityId)
        return rowsOf(state.builds, isOfEntity).toReversed().slice(0, limit)
      })
    )
  }
}

const from = (rows: Effect.Effect<CatalogState>): Layer.Layer<Catalog | CatalogRegistry> =>
  Layer.effectContext(
    Effect.map(Effect.flatMap(rows, Ref.make), (cell) =>
      Context.make(Catalog, makeCatalog(cell)).pipe(Context.add(CatalogRegistry, makeRegistry(cell)))
    )
  )

/** An empty catalog in memory: `Catalog` and the `CatalogRegistry` that fills it. */
export const layer: Layer.Layer<Catalog | CatalogRegistry> = from(Effect.succeed(emptyCatalog))

/**
 * A catalog in memory that holds these rows, for tests:
 *
 * ```ts
 * MemoryCatalog.layerOf({
 *   workspaces: [{ id: "ws-1" }],
 *   entities: [{ id: "app-1", workspaceId: "ws-1" }],
 *   versions: [{ id: "ver-1", entityId: "app-1" }],
 *   builds: [{ id: "bld-1", versionId: "ver-1", artifact: "art-1" }]
 * })
 * ```
 *
 * Every other field has a default. A malformed row, or one that belongs to none, is a defect.
 */
export const layerOf = (rows: CatalogRows): Layer.Layer<Catalog | CatalogRegistry> => from(catalogOf(rows))
