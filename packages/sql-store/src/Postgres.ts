import { PgClient } from "@effect/sql-pg"
import { Config, Effect, Layer } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Migrations from "./Migrations.ts"

/** A connection whose other end is gone without a word is given up after about 20 seconds, also one that only listens. */
const defaults = { applicationName: "deploys", keepAlive: "10 seconds" } as const

/** A pool of connections to PostgreSQL 14 or later, and the database behind it migrated. */
export const layer = (
  config: PgClient.PgPoolConfig
): Layer.Layer<SqlClient.SqlClient | PgClient.PgClient, SqlError.SqlError | Migrations.DatabaseRefused> =>
  Layer.provideMerge(Migrations.layer, PgClient.layer({ ...defaults, ...config }))

/** The same from settings, such as `{ url: Config.Redacted("DATABASE_URL") }`. */
export const layerConfig = (
  config: Config.Wrap<PgClient.PgPoolConfig>
): Layer.Layer<
  SqlClient.SqlClient | PgClient.PgClient,
  SqlError.SqlError | Migrations.DatabaseRefused | Config.ConfigError
> => Layer.unwrap(Effect.map(Config.unwrap(config), layer))
