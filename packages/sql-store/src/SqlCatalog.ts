import { Build, type BuildId, Catalog, Entity, SourceEvent, Version, Workspace } from "@deploys/core"
import { Effect, Layer, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { makeDatabase } from "./internal/Database.ts"
import { oneRow } from "./internal/decoding.ts"
import { operation } from "./internal/operation.ts"
import { spanned } from "./internal/spanned.ts"
import { readTogether } from "./internal/together.ts"
import { readBuilds, readEntity, readLatestBuild, readSourceEvent, readWorkspace } from "./statements/readCatalog.ts"

const workspace = oneRow(Workspace)
const entity = oneRow(Entity)
const sourceEvent = oneRow(SourceEvent)
const origin = oneRow(Schema.Struct({ build: Build, version: Version, entity: Entity }))

const rowsOf = <A, E, R>(row: Effect.Effect<A | undefined, E, R>) =>
  Effect.map(row, (found) => (found === undefined ? [] : [found]))

/** A `Catalog` in the database of the client, whose tables `Migrations` makes and `SqlRegistry` fills. */
export const layer: Layer.Layer<Catalog, never, SqlClient.SqlClient> = Layer.effect(
  Catalog,
  Effect.map(makeDatabase, (db) => {
    const readBuild = readTogether(db, (ids: ReadonlyArray<BuildId>) => readBuilds(db, ids))
    return Catalog.of({
      workspace: Effect.fn("Catalog.workspace")(
        (id) => workspace(readWorkspace(db, id)),
        operation("Catalog.workspace")
      ),
      entity: Effect.fn("Catalog.entity")((id) => entity(readEntity(db, id)), operation("Catalog.entity")),
      build: (id) => origin(rowsOf(readBuild(id))).pipe(operation("Catalog.build"), spanned("Catalog.build")),
      latestBuild: Effect.fn("Catalog.latestBuild")(
        (id) => origin(readLatestBuild(db, id)),
        operation("Catalog.latestBuild")
      ),
      sourceEvent: Effect.fn("Catalog.sourceEvent")(
        (id) => sourceEvent(readSourceEvent(db, id)),
        operation("Catalog.sourceEvent")
      )
    })
  })
)
