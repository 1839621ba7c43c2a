import { type ArtifactFile, ArtifactInvalid, ArtifactPath } from "@deploys/core"
import { Effect, FileSystem, Option, Path, Schema, Stream } from "effect"
import { checkEntries, entriesOf } from "./artifactEntries.ts"

/** Files handled at the same time; each holds one chunk in memory. */
const concurrency = 8

const isArtifactPath = Schema.is(ArtifactPath)

type Wrote = (bytes: number) => Effect.Effect<void>

/** Whether the folder holds exactly these files, by path and size. */
export const holdsFiles = Effect.fnUntraced(function* (folder: string, files: ReadonlyArray<ArtifactFile>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const found = yield* fs
    .readDirectory(folder, { recursive: true })
    .pipe(Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed([])))
  const wanted = entriesOf(files)
  if (found.length !== wanted.size || found.some((name) => !wanted.has(name.replaceAll(path.sep, "/")))) return false
  const hasSize = (file: ArtifactFile) =>
    Effect.map(fs.stat(path.join(folder, file.path)), (info) => info.type === "File" && info.size === BigInt(file.size))
  const same = yield* Effect.forEach(files, hasSize, { concurrency })
  return same.every(Boolean)
})

const copyFile = Effect.fnUntraced(function* (folder: string, file: ArtifactFile, wrote: Wrote) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const refuse = (detail: string) => new ArtifactInvalid({ reason: "path", path: file.path, detail })
  const target = isArtifactPath(file.path) ? path.resolveWithin(folder, file.path) : Option.none()
  if (Option.isNone(target)) return yield* refuse("The path leaves its folder")
  yield* Effect.gen(function* () {
    // An interrupt must not leave this on its way: it would make the folder anew after its removal.
    yield* Effect.uninterruptible(fs.makeDirectory(path.dirname(target.value), { recursive: true }))
    const content = Stream.tap(file.content, (chunk) => wrote(chunk.length))
    // `wx` follows no link and overwrites nothing: what stands there is a path that this file system takes for the same.
    yield* Stream.run(content, fs.sink(target.value, { flag: "wx" }))
  }).pipe(
    Effect.catchReason("PlatformError", "AlreadyExists", () =>
      Effect.fail(refuse("The file system takes it for another entry of the artifact"))
    )
  )
})

/** Copies an artifact's files into an empty folder. Memory stays flat, whatever their size. */
export const copyFiles = Effect.fnUntraced(function* (
  folder: string,
  files: ReadonlyArray<ArtifactFile>,
  wrote: Wrote
) {
  yield* checkEntries(files)
  yield* Effect.forEach(files, (file) => copyFile(folder, file, wrote), { concurrency, discard: true })
})
