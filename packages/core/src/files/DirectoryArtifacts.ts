import { ByteSize, Effect, FileSystem, Layer, Option, Path, type PlatformError, Schema, Stream } from "effect"
import type { ArtifactLocator } from "../domain/Build.ts"
import { compareText } from "../list/Collation.ts"
import {
  type ArtifactError,
  type ArtifactFile,
  ArtifactInvalid,
  ArtifactPath,
  ArtifactStore,
  ArtifactUnavailable
} from "../ports/ArtifactStore.ts"

const chunkBytes = 64 * 1024

const isPath = Schema.is(ArtifactPath)
const decodePath = Schema.decodeUnknownEffect(ArtifactPath)

const invalid = (reason: ArtifactInvalid["reason"], path: string | null, detail: string) =>
  new ArtifactInvalid({ reason, path, detail })

const link = (path: string) => invalid("link", path, "A symbolic link can't be deployed")
const special = (path: string) => invalid("special", path, "Only files and folders can be deployed")

/** A failure of the file system, where `gone` says what it means that something is not there. */
const asArtifactError =
  (gone: () => ArtifactInvalid) =>
  (error: PlatformError.PlatformError): ArtifactError =>
    error.reason._tag === "NotFound" ? gone() : new ArtifactUnavailable({ cause: error })

const bytesOf = (info: FileSystem.File.Info) => Number(ByteSize.toBigInt(info.size))

/** Whoever writes to a file moves its time, and whoever replaces it gives it another number. */
const revisionOf = ({ dev, ino, mtime, size }: FileSystem.File.Info): Pick<ArtifactFile, "revision"> =>
  Option.match(Option.all([ino, mtime]), {
    onNone: () => ({}),
    onSome: ([number, time]) => ({ revision: [dev, number, time.getTime(), size].join(".") })
  })

/** What tells a file from all others, as long as it is there; null where the file system doesn't say. */
const identityOf = ({ dev, ino }: FileSystem.File.Info) => (Option.isSome(ino) ? `${dev}.${ino.value}` : null)

/** The bytes of a file, as long as it is there, is no link, and has its size. */
const contentOf =
  (fs: FileSystem.FileSystem) =>
  (file: string, name: ArtifactPath, size: number, found: string | null): ArtifactFile["content"] => {
    // Made where it is needed: an error takes longer than reading a small file does.
    const changed = () => invalid("changed", name, `The file no longer has ${size} bytes`)
    const open = Effect.gen(function* () {
      const info = yield* fs.lstat(file)
      if (info.type === "SymbolicLink") return yield* link(name)
      if (info.type !== "File") return yield* special(name)
      const identity = identityOf(info)
      // The very file that was found can't be behind a link now; any other could.
      const isFound = identity !== null && identity === found
      if (!isFound && (yield* fs.realPath(file)) !== file) return yield* link(name)
      const handle = yield* fs.open(file)
      const opened = yield* handle.stat
      return bytesOf(opened) === size && identityOf(opened) === identity ? handle : yield* changed()
    })
    const read = (handle: FileSystem.File, before: number) =>
      before === size
        ? Effect.undefined
        : Effect.flatMap(handle.readAlloc(Math.min(chunkBytes, size - before)), (read) =>
            Option.isNone(read)
              ? Effect.fail(changed())
              : Effect.succeed([read.value, before + read.value.byteLength] as const)
          )
    const gone = asArtifactError(() => invalid("missing", name, "The file is gone"))
    return Stream.unwrap(Effect.map(open, (handle) => Stream.unfold(0, (before) => read(handle, before)))).pipe(
      Stream.mapError((error) => (error._tag === "PlatformError" ? gone(error) : error))
    )
  }

const make = Effect.fnUntraced(function* (given: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const content = contentOf(fs)

  /** The artifact's folder. A link on the way below the root is refused, since it may lead out of it. */
  const folderOf = Effect.fnUntraced(function* (artifact: ArtifactLocator) {
    const missing = () => invalid("missing", null, `There is no artifact ${artifact}`)
    const name = yield* Effect.mapError(decodePath(artifact), missing)
    const root = yield* Effect.mapError(fs.realPath(given), asArtifactError(missing))
    const folder = path.join(root, name)
    const info = yield* Effect.mapError(fs.lstat(folder), asArtifactError(missing))
    if ((yield* Effect.mapError(fs.realPath(folder), asArtifactError(missing))) !== folder) return yield* link(artifact)
    return info.type === "Directory" ? folder : yield* missing()
  })

  /** The file, or the path of the folder. */
  const entryAt = Effect.fnUntraced(function* (
    root: string,
    entry: string
  ): Effect.fn.Return<ArtifactFile | ArtifactPath, ArtifactError> {
    const name = isPath(entry)
      ? entry
      : yield* Effect.mapError(decodePath(entry), (error) => invalid("path", entry, error.message))
    const file = path.join(root, name)
    const vanished = () => invalid("changed", name, "It is gone, or its name is not UTF-8")
    const info = yield* Effect.mapError(fs.lstat(file), asArtifactError(vanished))
    if (info.type === "Directory") return name
    if (info.type === "SymbolicLink") return yield* link(name)
    if (info.type !== "File") return yield* special(name)
    const size = bytesOf(info)
    const identity = identityOf(info)
    // An artifact has many files, and is held for as long as its deploy: what reads one is made when it is read.
    return { path: name, size, content: Stream.suspend(() => content(file, name, size, identity)), ...revisionOf(info) }
  })

  /** Folder after folder: what is looked at at the same time doesn't grow with the number of folders. */
  const filesIn = Effect.fnUntraced(function* (root: string) {
    const files: Array<ArtifactFile> = []
    const folders = [""]
    for (let prefix = folders.pop(); prefix !== undefined; prefix = folders.pop()) {
      const under = prefix
      const vanished = () => invalid("changed", under, "The folder is gone")
      const entries = yield* Effect.mapError(fs.readDirectoryEntries(path.join(root, under)), asArtifactError(vanished))
      const look = ({ name }: FileSystem.DirectoryEntry) => entryAt(root, under === "" ? name : `${under}/${name}`)
      for (const found of yield* Effect.forEach(entries, look, { concurrency: 16 })) {
        if (typeof found === "string") folders.push(found)
        else files.push(found)
      }
    }
    return files
  })

  return ArtifactStore.of({
    files: Effect.fn("ArtifactStore.files")(function* (artifact) {
      const files = yield* filesIn(yield* folderOf(artifact))
      if (files.length === 0) return yield* invalid("empty", null, "The artifact has no file")
      return files.toSorted((a, b) => compareText(a.path, b.path))
    })
  })
})

/**
 * Artifacts in folders below `root`: the locator is a folder's path relative to it, such as `bld-1`.
 *
 * No symbolic link below the root is followed, on the way to the folder or in it. What else has access to the folder can
 * still change a file while it is read; a change of size is noticed.
 */
export const layer = (root: string): Layer.Layer<ArtifactStore, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(ArtifactStore, make(root))
