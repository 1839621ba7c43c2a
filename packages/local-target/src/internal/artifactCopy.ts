import { type ArtifactFile, ArtifactInvalid } from "@deploys/core"
import { Effect, FileSystem, Option, Path, Stream } from "effect"
import { checkEntries, folderPaths } from "./artifactEntries.ts"

/** Files handled at the same time; each holds one chunk in memory. */
const concurrency = 8

type Wrote = (bytes: number) => Effect.Effect<void>

/** Whether the folder holds exactly these files, by path and size. */
export const holdsFiles = Effect.fnUntraced(function* (folder: string, files: ReadonlyArray<ArtifactFile>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const found = yield* fs
    .readDirectory(folder, { recursive: true })
    .pipe(Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed([])))
  const wanted = new Set([...folderPaths(files), ...files.map((file) => file.path)])
  if (found.length !== wanted.size || found.some((name) => !wanted.has(name.replaceAll(path.sep, "/")))) return false
  const hasSize = (file: ArtifactFile) =>
    Effect.map(fs.stat(path.join(folder, file.path)), (info) => info.type === "File" && info.size === BigInt(file.size))
  const same = yield* Effect.forEach(files, hasSize, { concurrency })
  return same.every(Boolean)
})

const refuse = (path: string, detail: string) => new ArtifactInvalid({ reason: "path", path, detail })

/** The name of an entry in the folder, by the rules of this system's paths. */
const inside = Effect.fnUntraced(function* (folder: string, entry: string) {
  const path = yield* Path.Path
  const name = path.resolveWithin(folder, entry)
  return Option.isSome(name) ? name.value : yield* refuse(entry, "The path leaves its folder")
})

const copyFile = Effect.fnUntraced(function* (folder: string, file: ArtifactFile, wrote: Wrote) {
  const fs = yield* FileSystem.FileSystem
  const name = yield* inside(folder, file.path)
  const content = Stream.tap(file.content, (chunk) => wrote(chunk.length))
  // `wx` follows no link and overwrites nothing: what stands there is a path that this file system takes for the same.
  yield* Stream.run(content, fs.sink(name, { flag: "wx" })).pipe(
    Effect.catchReason("PlatformError", "AlreadyExists", () =>
      Effect.fail(refuse(file.path, "The file system takes it for another entry of the artifact"))
    )
  )
})

/** Copies an artifact's files into an empty folder. Memory stays flat, whatever their size. */
export const copyFiles = Effect.fnUntraced(function* (
  folder: string,
  files: ReadonlyArray<ArtifactFile>,
  wrote: Wrote
) {
  const fs = yield* FileSystem.FileSystem
  yield* checkEntries(files)
  // An interrupt must not leave one of these on its way: it would make the folder anew after its removal.
  const makeFolder = (name: string) => Effect.uninterruptible(fs.makeDirectory(name, { recursive: true }))
  yield* Effect.forEach(folderPaths(files), (entry) => Effect.flatMap(inside(folder, entry), makeFolder))
  yield* Effect.forEach(files, (file) => copyFile(folder, file, wrote), { concurrency, discard: true })
})
