import { IdGenerator } from "@deploys/core"
import { Pglite, Postgres, SqlAccess, SqlCatalog, SqlRegistry, SqlStore, SqlTokens } from "@deploys/sql-store"
import { Effect, Layer, Redacted } from "effect"
import * as Database from "./database.ts"

/** Everything that sql-store implements, and the database below it for what it does not tell. */
const everything = Layer.mergeAll(
  SqlStore.layer,
  SqlCatalog.layer,
  SqlRegistry.layer,
  SqlAccess.layer,
  SqlTokens.layer
).pipe(Layer.provide(IdGenerator.layer))

/** On a migrated PostgreSQL database that goes with the layer. */
export const onPostgres = Layer.provideMerge(
  everything,
  Layer.unwrap(Effect.map(Database.fresh(), (url) => Postgres.layer({ url: Redacted.make(url) })))
)

/** On PGlite in memory. */
export const onPglite = Layer.provideMerge(everything, Pglite.layerMemory)
