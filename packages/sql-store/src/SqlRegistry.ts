import { Build, CatalogRegistry, Entity, NameTaken, SourceEvent, Version, Workspace } from "@deploys/core"
import { Effect, Layer, Option } from "effect"
import type { SqlClient } from "effect/sql"
import { type Database, makeDatabase } from "./internal/Database.ts"
import { allRows, oneRow, presentRow } from "./internal/decoding.ts"
import { operation } from "./internal/operation.ts"
import {
  listBuilds,
  listEntities,
  listWorkspaces,
  readBuildRow,
  readEntityNamed,
  readVersion
} from "./statements/listCatalog.ts"
import { readEntity, readSourceEvent, readWorkspace } from "./statements/readCatalog.ts"
import {
  addBuild,
  addEntity,
  addSourceEvent,
  addVersion,
  addWorkspace,
  type VersionRequest
} from "./statements/registerCatalog.ts"

/** Adds an entity; where nothing was added and the id is not there, the name was in the way. */
const ensureEntity = Effect.fnUntraced(function* (db: Database, row: Omit<Entity, "createdAt">) {
  yield* addEntity(db, row)
  const added = yield* oneRow(Entity)(readEntity(db, row.id))
  if (Option.isSome(added)) return added.value
  const holder = yield* presentRow(oneRow(Entity)(readEntityNamed(db, row.name)), `Entity ${row.id}`)
  return yield* new NameTaken({ name: row.name, entityId: holder.id })
})

/** Adds a version. One that lost to another first version of its entity is no longer the first: it is added again. */
const ensureVersion = Effect.fnUntraced(function* (db: Database, row: VersionRequest) {
  const attempt = Effect.andThen(addVersion(db, row), oneRow(Version)(readVersion(db, row)))
  const found = yield* attempt
  return Option.isSome(found) ? found.value : yield* presentRow(attempt, `Version ${row.id}`)
})

/** A `CatalogRegistry` in the database of the client. A row that belongs to none that is there is a `StoreError`. */
export const layer: Layer.Layer<CatalogRegistry, never, SqlClient.SqlClient> = Layer.effect(
  CatalogRegistry,
  Effect.map(makeDatabase, (db) =>
    CatalogRegistry.of({
      addWorkspace: Effect.fn("CatalogRegistry.addWorkspace")(
        (row) =>
          Effect.andThen(addWorkspace(db, row), presentRow(oneRow(Workspace)(readWorkspace(db, row.id)), row.id)),
        operation("CatalogRegistry.addWorkspace")
      ),
      addEntity: Effect.fn("CatalogRegistry.addEntity")(
        (row) => ensureEntity(db, row),
        operation("CatalogRegistry.addEntity")
      ),
      ensureVersion: Effect.fn("CatalogRegistry.ensureVersion")(
        (row) => ensureVersion(db, row),
        operation("CatalogRegistry.ensureVersion")
      ),
      addBuild: Effect.fn("CatalogRegistry.addBuild")(
        (row) => Effect.andThen(addBuild(db, row), presentRow(oneRow(Build)(readBuildRow(db, row.id)), row.id)),
        operation("CatalogRegistry.addBuild")
      ),
      addSourceEvent: Effect.fn("CatalogRegistry.addSourceEvent")(
        (row) =>
          Effect.andThen(addSourceEvent(db, row), presentRow(oneRow(SourceEvent)(readSourceEvent(db, row.id)), row.id)),
        operation("CatalogRegistry.addSourceEvent")
      ),
      workspaces: Effect.fn("CatalogRegistry.workspaces")(
        (scope) => allRows(Workspace)(listWorkspaces(db, scope)),
        operation("CatalogRegistry.workspaces")
      ),
      entities: Effect.fn("CatalogRegistry.entities")(
        (scope) => allRows(Entity)(listEntities(db, scope)),
        operation("CatalogRegistry.entities")
      ),
      builds: Effect.fn("CatalogRegistry.builds")(
        (entityId, limit) => allRows(Build)(listBuilds(db, entityId, limit)),
        operation("CatalogRegistry.builds")
      )
    })
  )
)
