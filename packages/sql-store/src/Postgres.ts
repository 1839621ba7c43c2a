import { PgClient } from "@effect/sql-pg"
import { type Config, Layer } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Migrations from "./Migrations.ts"

/** A pool of connections to PostgreSQL 14 or later, and the database behind it migrated. */
export const layer = (
  config: PgClient.PgPoolConfig
): Layer.Layer<SqlClient.SqlClient | PgClient.PgClient, SqlError.SqlError | Migrations.DatabaseRefused> =>
  Layer.provideMerge(Migrations.layer, PgClient.layer({ applicationName: "deploys", ...config }))

/** The same from settings, such as `{ url: Config.Redacted("DATABASE_URL") }`. */
export const layerConfig = (
  config: Config.Wrap<PgClient.PgPoolConfig>
): Layer.Layer<
  SqlClient.SqlClient | PgClient.PgClient,
  SqlError.SqlError | Migrations.DatabaseRefused | Config.ConfigError
> => Layer.provideMerge(Migrations.layer, PgClient.layerConfig(config))
