import { Effect, FileSystem, Path, type PlatformError, Stream } from "effect"
import { Tar } from "effect/encoding"
import { ArchiveInvalid } from "./ArchiveInvalid.ts"
import { makeEntryJudge } from "./ArchiveEntries.ts"
import { gunzip } from "./Gunzip.ts"
import { SiteLimits } from "./SiteLimits.ts"

/** What an archive held. */
export interface Unpacked {
  readonly files: number
  /** Bytes of all files. */
  readonly bytes: number
}

/** Bytes of headers and padding that an archive may have for each of its entries. */
const overhead = 4096

const fromTar = (error: Tar.TarError) =>
  new ArchiveInvalid({ reason: "malformed", entry: null, detail: `The body is not a valid tar: ${error.message}` })

/** Some file systems take names for one that differ in case or in how accents are written. */
const sameFile = (entry: string) =>
  new ArchiveInvalid({ reason: "duplicate", entry, detail: "is one file with an earlier entry on this machine" })

/** What goes on behind the entries, or between them, counts as well: else it could go on for ever. */
const bounded = (tar: Stream.Stream<Uint8Array, ArchiveInvalid>, limits: (typeof SiteLimits)["Service"]) =>
  Stream.suspend(() => {
    const most = limits.totalBytes + 2 * limits.files * overhead
    let sum = 0
    return Stream.mapEffect(tar, (chunk) => {
      sum += chunk.length
      return sum > most
        ? Effect.fail(new ArchiveInvalid({ reason: "too-large", entry: null, detail: `The tar exceeds ${most} bytes` }))
        : Effect.succeed(chunk)
    })
  })

/**
 * Unpacks a tar, or a gzipped one, into an empty folder, as it comes: it is never in memory as a whole.
 *
 * An entry that is a link or special, that leaves the folder, comes twice or exceeds `SiteLimits` ends it with an
 * `ArchiveInvalid` that names the entry; what was written until then is left to the caller to remove.
 */
export const unpack = Effect.fn("SiteArchive.unpack")(function* (
  body: Stream.Stream<Uint8Array, ArchiveInvalid>,
  options: { readonly gzip: boolean; readonly into: string }
): Effect.fn.Return<Unpacked, ArchiveInvalid | PlatformError.PlatformError, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const limits = yield* SiteLimits
  const judge = makeEntryJudge(limits)
  const folders = new Set<string>()
  let files = 0
  let bytes = 0

  const write = Effect.fnUntraced(function* (entry: Tar.Entry<Tar.TarError | ArchiveInvalid>) {
    const accepted = yield* judge(entry.header)
    if (accepted.kind !== "file") return
    const file = path.join(options.into, accepted.path)
    const folder = path.dirname(file)
    if (!folders.has(folder)) yield* fs.makeDirectory(folder, { recursive: true })
    folders.add(folder)
    yield* Stream.run(entry.body, fs.sink(file, { flag: "wx" })).pipe(
      Effect.catchReason("PlatformError", "AlreadyExists", () => Effect.fail(sameFile(entry.header.path)))
    )
    files += 1
    bytes += entry.header.size
  })

  yield* bounded(options.gzip ? gunzip(body, limits) : body, limits).pipe(
    Stream.pipeThroughChannel(Tar.decode()),
    Stream.runForEach(write),
    Effect.catchTag("TarError", (error) => Effect.fail(fromTar(error)))
  )
  if (files === 0) return yield* new ArchiveInvalid({ reason: "empty", entry: null, detail: "The archive has no file" })
  return { files, bytes }
})
