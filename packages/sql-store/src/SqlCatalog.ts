import { Build, Catalog, Entity, SourceEvent, Version, Workspace } from "@deploys/core"
import { Effect, Layer, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { makeDatabase } from "./internal/Database.ts"
import { oneRow } from "./internal/decoding.ts"
import { operation } from "./internal/operation.ts"
import { readBuild, readEntity, readLatestBuild, readSourceEvent, readWorkspace } from "./statements/readCatalog.ts"

const workspace = oneRow(Workspace)
const entity = oneRow(Entity)
const sourceEvent = oneRow(SourceEvent)
const origin = oneRow(Schema.Struct({ build: Build, version: Version, entity: Entity }))

/** A `Catalog` in the database of the client, whose tables `Migrations` makes and `SqlRegistry` fills. */
export const layer: Layer.Layer<Catalog, never, SqlClient.SqlClient> = Layer.effect(
  Catalog,
  Effect.map(makeDatabase, (db) =>
    Catalog.of({
      workspace: Effect.fn("Catalog.workspace")(
        (id) => workspace(readWorkspace(db, id)),
        operation("Catalog.workspace")
      ),
      entity: Effect.fn("Catalog.entity")((id) => entity(readEntity(db, id)), operation("Catalog.entity")),
      build: Effect.fn("Catalog.build")((id) => origin(readBuild(db, id)), operation("Catalog.build")),
      latestBuild: Effect.fn("Catalog.latestBuild")(
        (id) => origin(readLatestBuild(db, id)),
        operation("Catalog.latestBuild")
      ),
      sourceEvent: Effect.fn("Catalog.sourceEvent")(
        (id) => sourceEvent(readSourceEvent(db, id)),
        operation("Catalog.sourceEvent")
      )
    })
  )
)
