import { PGlite } from "@electric-sql/pglite"
import { Effect, Option, Stream } from "effect"
import { Tar } from "effect/encoding"
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

/**
 * The folder of the database files in a directory, made from the dump or else by initdb where there is none.
 *
 * It is made beside its place and then renamed: a kill leaves a whole database or none.
 */
export const dataFolder = Effect.fnUntraced(function* (
  directory: string,
  dump: Effect.Effect<Option.Option<Uint8Array>>
) {
  const folder = join(directory, "data")
  if (yield* exists(folder)) return folder
  const draft = join(directory, "data.new")
  yield* Effect.tryPromise(() => rm(draft, { recursive: true, force: true }))
  yield* Option.match(yield* dump, {
    onNone: () => initialise(draft),
    onSome: (tar) => unpack(tar, draft)
  })
  yield* Effect.tryPromise(() => rename(draft, folder))
  return folder
})

const exists = (path: string) =>
  Effect.match(
    Effect.tryPromise(() => stat(path)),
    { onFailure: () => false, onSuccess: () => true }
  )

/** PGlite's own initdb, which takes several seconds. */
const initialise = (folder: string) =>
  Effect.tryPromise(async () => {
    const database = await PGlite.create({ dataDir: folder })
    await database.close()
  })

const unpack = (tar: Uint8Array, folder: string) =>
  Stream.make(tar).pipe(
    Stream.pipeThroughChannel(Tar.decode()),
    Stream.runForEach((entry) => {
      const path = join(folder, entry.header.path)
      return entry.header.type === "Directory"
        ? Effect.tryPromise(() => mkdir(path, { recursive: true, mode: 0o700 }))
        : Effect.flatMap(Stream.runCollect(entry.body), (chunks) => write(path, Buffer.concat(chunks)))
    })
  )

const write = (path: string, bytes: Uint8Array) =>
  Effect.tryPromise(async () => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, bytes, { mode: 0o600 })
  })
