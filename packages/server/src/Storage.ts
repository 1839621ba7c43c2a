import type { AccessPolicy, Catalog, CatalogRegistry, DeployStore } from "@deploys/core"
import {
  type Migrations,
  Pglite,
  Postgres,
  SqlAccess,
  SqlCatalog,
  SqlRegistry,
  SqlStore,
  SqlTokens
} from "@deploys/sql-store"
import { Console, Effect, Layer, Option, Redacted } from "effect"
import type { SqlError } from "effect/sql"
import { DataFolder } from "./DataFolder.ts"
import { InvalidSetting, type Settings } from "./Settings.ts"

type Clients = Layer.Success<ReturnType<typeof Postgres.layer>>
type DatabaseError = SqlError.SqlError | Migrations.DatabaseRefused | Pglite.DirectoryInUse | Pglite.DirectoryUnusable

/** What names the thing that a person can act on is innermost, below what says which call failed. */
const innermost = (error: Error) => {
  let reason = error
  while (reason.cause instanceof Error) reason = reason.cause
  return reason.message.replaceAll(/\s+/g, " ")
}

const refused =
  ({ databaseUrl }: Settings) =>
  (error: DatabaseError): Layer.Layer<unknown, InvalidSetting> => {
    const setting = Option.isSome(databaseUrl) ? "DATABASE_URL" : "DATA_DIR"
    const detail = error._tag === "SqlError" ? `the database can't be used: ${innermost(error)}` : error.message
    return Layer.effectContext<unknown, InvalidSetting, never>(Effect.fail(new InvalidSetting({ setting, detail })))
  }

/** The database of the settings in words, without user and password. */
export const databaseName = ({ databaseUrl }: Settings) =>
  Effect.map(DataFolder, ({ database }) =>
    Option.match(databaseUrl, {
      onNone: () => `PGlite, ${database}`,
      onSome: (url) => {
        const { host, pathname } = new URL(Redacted.value(url))
        return `PostgreSQL, ${host}${pathname}`
      }
    })
  )

/** A new PGlite takes seconds. Standard output belongs to what comes once it is there. */
const sayOpening = (settings: Settings) =>
  Effect.flatMap(databaseName(settings), (name) => Console.error(`Opening the database: ${name}`))

const embedded = Layer.unwrap(Effect.map(DataFolder, (data) => Pglite.layer({ directory: data.database })))

const chosen = ({ databaseUrl }: Settings): Layer.Layer<Clients, DatabaseError, DataFolder> =>
  Option.isSome(databaseUrl) ? Postgres.layer({ url: databaseUrl.value }) : embedded

/**
 * The database of the settings, migrated: PostgreSQL, or PGlite in `DataFolder`, which no other process may have open. Says
 * on standard error that it is being opened.
 */
export const database = (settings: Settings) =>
  Layer.unwrap(Effect.as(sayOpening(settings), chosen(settings))).pipe(
    Layer.catchTag(["SqlError", "DatabaseRefused", "DirectoryInUse", "DirectoryUnusable"], refused(settings))
  )

/** Where deploys, catalog and tokens are kept. */
export const layer = (
  settings: Settings
): Layer.Layer<AccessPolicy | Catalog | CatalogRegistry | DeployStore | SqlTokens, InvalidSetting, DataFolder> =>
  Layer.mergeAll(
    Option.isSome(settings.databaseUrl) ? SqlStore.layerPostgres : SqlStore.layer,
    SqlCatalog.layer,
    SqlRegistry.layer,
    SqlAccess.layer,
    SqlTokens.layer
  ).pipe(Layer.provide(database(settings)))
