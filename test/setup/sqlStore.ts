import { Pglite, Postgres, SqlAccess, SqlCatalog, SqlRegistry, SqlStore, SqlTokens } from "@deploys/sql-store"
import { Effect, Layer, Redacted } from "effect"
import * as Database from "./database.ts"

/** Everything that sql-store implements, over the database that it is given. */
const everything = Layer.mergeAll(SqlStore.layer, SqlCatalog.layer, SqlRegistry.layer, SqlAccess.layer, SqlTokens.layer)

/** A migrated PostgreSQL database that goes with the layer. */
export const postgres = Layer.unwrap(Effect.map(Database.fresh(), (url) => Postgres.layer({ url: Redacted.make(url) })))

/** On a PostgreSQL database of its own, which is there too for what the store does not tell. */
export const onPostgres = Layer.provideMerge(everything, postgres)

/** On PGlite in memory. */
export const onPglite = Layer.provideMerge(everything, Pglite.layerMemory)
