import {
  ArtifactLocator,
  type Build,
  BuildId,
  CatalogRegistry,
  type EntityId,
  IdGenerator,
  StoreError,
  VersionId
} from "@deploys/core"
import { Clock, Context, Effect, FileSystem, Layer, Option, Path, Schedule, type Stream } from "effect"
import type { BuildQuery } from "../api/BuildsApi.ts"
import { DataFolder } from "../DataFolder.ts"
import type { ArchiveInvalid } from "./ArchiveInvalid.ts"
import * as SiteArchive from "./SiteArchive.ts"

/** Version of builds that name none. */
const defaultVersion = "main"

/** An archive as it comes in. */
export interface Upload {
  readonly entityId: EntityId
  readonly about: BuildQuery
  readonly gzip: boolean
  readonly body: Stream.Stream<Uint8Array, ArchiveInvalid>
}

/** Makes builds of archives. */
export class BuildUploads extends Context.Service<
  BuildUploads,
  {
    /**
     * Unpacks the archive and registers it as a completed build. Whatever ends it before that, an invalid entry or an
     * interruption, leaves nothing behind.
     */
    readonly upload: (upload: Upload) => Effect.Effect<Build, ArchiveInvalid | StoreError>
  }
>()("@deploys/server/BuildUploads") {
  /** Keeps the files in `DataFolder`, in a folder named as the build. */
  static readonly layer = Layer.effect(
    BuildUploads,
    Effect.suspend(() => make)
  )
}

/** The write is idempotent under its id; the artifact must not go while it may have landed. */
const again = Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 3 }))

/** Longer than any upload takes. */
const staleMillis = 24 * 60 * 60 * 1000

/** A process that is killed can't clean up; and on a shared folder, what is young may be another server's upload. */
const sweep = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { uploads } = yield* DataFolder
  const now = yield* Clock.currentTimeMillis
  const stale = (name: string) =>
    Effect.map(fs.stat(path.join(uploads, name)), ({ mtime }) =>
      Option.exists(mtime, (time) => time.getTime() < now - staleMillis)
    )
  const names = yield* Effect.filter(yield* fs.readDirectory(uploads), stale)
  yield* Effect.forEach(names, (name) => fs.remove(path.join(uploads, name), { recursive: true, force: true }))
}).pipe(Effect.ignore({ log: true }))

const make = Effect.gen(function* () {
  yield* sweep
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const data = yield* DataFolder
  const registry = yield* CatalogRegistry
  const ids = yield* IdGenerator
  const services = yield* Effect.context<FileSystem.FileSystem | Path.Path>()

  const register = Effect.fnUntraced(function* (id: BuildId, { about, entityId }: Upload) {
    const name = about.version ?? defaultVersion
    const version = yield* registry.ensureVersion({ id: VersionId.make(yield* ids.next("ver")), entityId, name })
    return yield* registry.addBuild({
      id,
      versionId: version.id,
      status: "completed",
      artifact: ArtifactLocator.make(id),
      branch: about.branch ?? null,
      commitSha: about.commit ?? null,
      commitMessage: about.message ?? null,
      error: null
    })
  }, Effect.retry(again))

  return BuildUploads.of({
    upload: Effect.fn("BuildUploads.upload")(
      function* (upload) {
        const id = BuildId.make(yield* ids.next("bld"))
        const work = yield* fs.makeTempDirectoryScoped({ directory: data.uploads, prefix: `${id}.` })
        const files = path.join(work, "files")
        yield* fs.makeDirectory(files)
        const unpacked = yield* SiteArchive.unpack(upload.body, { gzip: upload.gzip, into: files })
        yield* Effect.annotateCurrentSpan({ "build.id": id, ...unpacked })
        const keep = fs.rename(files, path.join(data.artifacts, id))
        return yield* Effect.uninterruptible(Effect.andThen(keep, register(id, upload)))
      },
      Effect.scoped,
      Effect.provide(services),
      Effect.catchTag("PlatformError", (cause) => Effect.fail(new StoreError({ operation: "upload", cause })))
    )
  })
})
