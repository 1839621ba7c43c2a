import { type FileSystem as Files, ByteSize, Effect, FileSystem, Path, type PlatformError, Stream } from "effect"
import { Tar } from "effect/encoding"
import { SiteLimits } from "../builds/SiteLimits.ts"
import { CliFailure } from "./CliFailure.ts"

/** One file of a folder that is to be deployed. */
export interface SiteFile {
  /** Relative to the folder, with `/` between the parts. */
  readonly path: string
  readonly size: number
}

/** The files of a folder, in order of path, and where they are. */
export interface SiteFolder {
  readonly root: string
  readonly files: ReadonlyArray<SiteFile>
  /** Bytes of all files. */
  readonly bytes: number
}

const kindNames: Readonly<Partial<Record<Files.File.Type, string>>> = {
  SymbolicLink: "a symbolic link",
  BlockDevice: "a device",
  CharacterDevice: "a device",
  FIFO: "a pipe",
  Socket: "a socket"
}

const unreadable = (error: PlatformError.PlatformError) => new CliFailure({ message: error.message })

const fail = (message: string) => Effect.fail(new CliFailure({ message }))

const openFolder = Effect.fnUntraced(function* (given: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.resolve(given)
  const info = yield* fs.stat(root).pipe(
    Effect.catchReason("PlatformError", "NotFound", () => fail(`There is no folder ${given}`)),
    Effect.catchTag("PlatformError", (error) => Effect.fail(unreadable(error)))
  )
  return info.type === "Directory" ? root : yield* fail(`${given} is not a folder`)
})

/** The files below one folder of the site; `at` is its path, empty or with a slash behind. */
const filesBelow: (
  root: string,
  at: string
) => Effect.Effect<
  ReadonlyArray<SiteFile>,
  CliFailure | PlatformError.PlatformError,
  FileSystem.FileSystem | Path.Path
> = Effect.fnUntraced(function* (root, at) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const found: Array<SiteFile> = []
  for (const { name } of yield* fs.readDirectoryEntries(path.join(root, at))) {
    const place = `${at}${name}`
    const info = yield* fs.lstat(path.join(root, place))
    if (info.type === "Directory") found.push(...(yield* filesBelow(root, `${place}/`)))
    else if (info.type === "File") found.push({ path: place, size: ByteSize.toNumberUnsafe(info.size) })
    else yield* fail(`${place} is ${kindNames[info.type] ?? "no plain file"}: only files and folders can be deployed`)
  }
  return found
})

const checkLimits = Effect.fnUntraced(function* (given: string, files: ReadonlyArray<SiteFile>, bytes: number) {
  const limits = yield* SiteLimits
  const large = files.find(({ size }) => size > limits.fileBytes)
  if (files.length === 0) yield* fail(`${given} has no file in it`)
  if (files.length > limits.files) yield* fail(`${given} has ${files.length} files, more than ${limits.files}`)
  if (large !== undefined)
    yield* fail(`${large.path} has ${large.size} bytes, more than the ${limits.fileBytes} that a file may have`)
  if (bytes > limits.totalBytes) yield* fail(`${given} has ${bytes} bytes, more than ${limits.totalBytes}`)
})

/** Lists a folder that is to be deployed. A symbolic link in it is an error that names it: nothing is left out in silence. */
export const read = Effect.fn("SiteFolder.read")(function* (given: string) {
  const root = yield* openFolder(given)
  const files = yield* filesBelow(root, "").pipe(
    Effect.catchTag("PlatformError", (error) => Effect.fail(unreadable(error)))
  )
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  yield* checkLimits(given, files, bytes)
  const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1))
  return { root, files: sorted, bytes } satisfies SiteFolder
})

/** The folder as a tar, read file by file as it is asked for. `sent` is told the bytes of file content that have gone out. */
export const toTar = (folder: SiteFolder, sent: (bytes: number) => Effect.Effect<void>) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      return Stream.fromIterable(folder.files).pipe(
        Stream.map(({ path: name, size }) =>
          Tar.fileStream(
            name,
            size,
            Stream.tap(fs.stream(path.join(folder.root, name)), (chunk) => sent(chunk.length))
          )
        ),
        Stream.pipeThroughChannel(Tar.encode())
      )
    })
  )
