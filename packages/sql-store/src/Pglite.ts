import { PGlite, type PGliteOptions } from "@electric-sql/pglite"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Option, type Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { dataFolder } from "./internal/dataFolder.ts"
import { type DirectoryInUse, DirectoryUnusable, ownDirectory } from "./internal/directoryOwner.ts"
import { housekeeping } from "./internal/housekeeping.ts"
import { installedDump } from "./internal/pgliteDump.ts"
import { wire } from "./internal/wire.ts"
import * as Migrations from "./Migrations.ts"

export { DirectoryInUse, DirectoryUnusable } from "./internal/directoryOwner.ts"

type Database = SqlClient.SqlClient | PgClient.PgClient
type DatabaseError = SqlError.SqlError | Migrations.DatabaseRefused

/**
 * A database in a directory, migrated. The directory is made where it is missing, and is the layer's alone: a second owner
 * fails with `DirectoryInUse`.
 *
 * It has one connection, so what runs at the same time takes turns. PGlite has no autovacuum, so the layer vacuums and
 * analyzes by itself, each minute the tables of which a tenth has changed; with 50,000 deploys that takes 0.2 to 0.4 s for
 * each of the large ones. It survives a kill of the process, but is not proof against a power cut.
 */
export const layer = (options: {
  /** Holds the files of the database and the lock file of its owner. */
  readonly directory: string
}): Layer.Layer<Database, DatabaseError | DirectoryInUse | DirectoryUnusable> =>
  migrated(openDirectory(options.directory))

/** A database in the memory of this process, migrated: for tests, and for trying things out. */
export const layerMemory: Layer.Layer<Database, DatabaseError> = Layer.suspend(() => migrated(openMemory))

const openDirectory = Effect.fnUntraced(function* (directory: string) {
  yield* ownDirectory(directory)
  return yield* dataFolder(directory, installedDump).pipe(
    Effect.flatMap((folder) => open({ dataDir: folder })),
    Effect.mapError((cause) => new DirectoryUnusable({ directory, cause }))
  )
})

const openMemory = Effect.gen(function* () {
  const dump = yield* installedDump
  const options = Option.match(dump, {
    onNone: () => ({}),
    onSome: (tar) => ({ loadDataDir: new Blob([tar], { type: "application/x-tar" }) })
  })
  return yield* Effect.orDie(open(options))
})

const open = (options: PGliteOptions) =>
  Effect.acquireRelease(
    Effect.tryPromise(() => PGlite.create(options)),
    (database) => Effect.promise(() => database.close())
  )

const migrated = <E>(database: Effect.Effect<PGlite, E, Scope.Scope>) =>
  Layer.provideMerge(
    Layer.provideMerge(Layer.effectDiscard(Effect.forkScoped(housekeeping)), Migrations.layer),
    PgClient.layerFrom(
      Effect.flatMap(database, (database) =>
        PgClient.makeClient({ stream: () => wire(database), username: "postgres", database: "postgres", ssl: false })
      )
    )
  )
