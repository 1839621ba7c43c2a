import { PGlite, type PGliteOptions } from "@electric-sql/pglite"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Option } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { pgliteVersion, readDump } from "./internal/pgliteDump.ts"
import { wire } from "./internal/wire.ts"
import * as Migrations from "./Migrations.ts"

/** A database in the memory of this process, migrated: for tests, and for trying things out. */
export const layerMemory: Layer.Layer<
  SqlClient.SqlClient | PgClient.PgClient,
  SqlError.SqlError | Migrations.DatabaseRefused
> = Layer.suspend(() => migrated(openMemory))

const openMemory = Effect.gen(function* () {
  const dump = yield* readDump(yield* pgliteVersion)
  const options = Option.match(dump, {
    onNone: () => ({}),
    onSome: (tar) => ({ loadDataDir: new Blob([tar], { type: "application/x-tar" }) })
  })
  return yield* open(options)
})

const open = (options: PGliteOptions) =>
  Effect.acquireRelease(
    Effect.promise(() => PGlite.create(options)),
    (database) => Effect.promise(() => database.close())
  )

const migrated = <E, R>(database: Effect.Effect<PGlite, E, R>) =>
  Layer.provideMerge(
    Migrations.layer,
    PgClient.layerFrom(
      Effect.flatMap(database, (database) =>
        PgClient.makeClient({ stream: () => wire(database), username: "postgres", database: "postgres", ssl: false })
      )
    )
  )
