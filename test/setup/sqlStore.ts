import { Pglite, Postgres, SqlStore } from "@deploys/sql-store"
import { Effect, Layer, Redacted } from "effect"
import * as Database from "./database.ts"

/** A migrated PostgreSQL database that goes with the layer. */
export const postgres = Layer.unwrap(Effect.map(Database.fresh(), (url) => Postgres.layer({ url: Redacted.make(url) })))

/** The store on a database of its own, which is there too for what the store does not tell. */
export const onPostgres = Layer.provideMerge(SqlStore.layer, postgres)

/** The store on PGlite in memory. */
export const onPglite = Layer.provideMerge(SqlStore.layer, Pglite.layerMemory)
