import {
  type AccessPolicy,
  type Catalog,
  type CatalogRegistry,
  type DeployStore,
  type IdGenerator,
  MemoryAccess,
  MemoryCatalog
} from "@deploys/core"
import { type Migrations, Pglite, Postgres, SqlStore } from "@deploys/sql-store"
import { Effect, Layer, Option } from "effect"
import type { SqlError } from "effect/sql"
import { InvalidSetting, type Settings } from "./Settings.ts"

/** The database of the settings, migrated: PostgreSQL, or PGlite in `DataFolder`. */
const database = ({ databaseUrl }: Settings) =>
  Option.match(databaseUrl, {
    onSome: (url) => Postgres.layer({ url }),
    onNone: () => Pglite.layerMemory
  })

/** The innermost reason, which names what a person can act on, without line breaks. */
const reasonOf = (error: Migrations.DatabaseRefused | SqlError.SqlError) => {
  let reason: Error = error
  while (reason.cause instanceof Error) reason = reason.cause
  return reason.message.replaceAll(/\s+/g, " ")
}

const refused =
  ({ databaseUrl }: Settings) =>
  (error: Migrations.DatabaseRefused | SqlError.SqlError): Layer.Layer<unknown, InvalidSetting> => {
    const setting = Option.isSome(databaseUrl) ? "DATABASE_URL" : "DATA_DIR"
    const failure = new InvalidSetting({ setting, detail: `the database can't be used: ${reasonOf(error)}` })
    return Layer.effectContext<unknown, InvalidSetting, never>(Effect.fail(failure))
  }

/** Where deploys, catalog and tokens are kept. */
export const layer = (
  settings: Settings
): Layer.Layer<AccessPolicy | Catalog | CatalogRegistry | DeployStore, InvalidSetting, IdGenerator> =>
  Layer.mergeAll(SqlStore.layer, MemoryCatalog.layer, MemoryAccess.layerOf({})).pipe(
    Layer.provide(database(settings)),
    Layer.catchTag(["SqlError", "DatabaseRefused"], refused(settings))
  )
