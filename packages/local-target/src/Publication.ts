import { type ArtifactError, type ArtifactFile, DeployId, EntityId } from "@deploys/core"
import { Context, Effect, FileSystem, Layer, Path, type PlatformError, Schema } from "effect"
import { copyFiles, holdsFiles } from "./internal/artifactCopy.ts"
import type { SiteName } from "./SiteHost.ts"

/** What a site's production serves. */
export const LiveDeploy = Schema.Struct({
  deployId: DeployId,
  /** The entity that has the site's name. */
  entityId: EntityId,
  /** The deploy that was live before this one; null where there was none, or this one was put back. */
  previous: Schema.NullOr(DeployId)
})
/** What a site's production serves. */
export interface LiveDeploy extends Schema.Schema.Type<typeof LiveDeploy> {}

/**
 * The folders of published deploys below one root: `{site}/deploys/{deploy}/` holds one, `{site}/live.json` names the one
 * that production serves. Each appears by a rename, so that a reader sees all of a change or nothing of it.
 *
 * Every call may be repeated, after a crash at any point. Calls for one site must not overlap. Nothing is flushed to the
 * disk: a power cut may lose what was published last.
 */
export class Publication extends Context.Service<
  Publication,
  {
    /** The root, an absolute path without symbolic links. */
    readonly root: string
    /** Where the deploy's files are once it has been published. */
    readonly folder: (site: SiteName, deployId: DeployId) => string
    /**
     * Publishes a deploy's files into its own folder and nowhere else. `wrote` is told the bytes of every chunk.
     *
     * A folder that already holds these files, by path and size, stays as it is; any other is replaced. Two paths that the
     * file system takes for one fail with `ArtifactInvalid`.
     */
    readonly stage: (
      site: SiteName,
      deployId: DeployId,
      files: ReadonlyArray<ArtifactFile>,
      wrote: (bytes: number) => Effect.Effect<void>
    ) => Effect.Effect<void, ArtifactError | PlatformError.PlatformError>
    /** Removes the deploy's folder and whatever was left of making it. */
    readonly withdraw: (site: SiteName, deployId: DeployId) => Effect.Effect<void, PlatformError.PlatformError>
    /** What production serves; null where nothing is live. */
    readonly live: (site: SiteName) => Effect.Effect<LiveDeploy | null, PlatformError.PlatformError>
    /** Makes production serve this deploy. */
    readonly activate: (site: SiteName, live: LiveDeploy) => Effect.Effect<void, PlatformError.PlatformError>
    /** Makes production serve nothing. */
    readonly deactivate: (site: SiteName) => Effect.Effect<void, PlatformError.PlatformError>
  }
>()("@deploys/local-target/Publication") {
  /** Publishes below `root`, a folder of this machine that is made where it is missing. */
  static readonly layer = (options: { readonly root: string }) => Layer.effect(Publication, make(options.root))
}

const LiveFile = Schema.fromJsonString(LiveDeploy)

const make = Effect.fnUntraced(function* (given: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const services = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  yield* fs.makeDirectory(given, { recursive: true })
  const root = yield* fs.realPath(given)

  const folder = (site: SiteName, deployId: DeployId) => path.join(root, site, "deploys", deployId)
  const liveFile = (site: SiteName) => path.join(root, site, "live.json")
  const staging = (site: SiteName) => path.join(root, site, "staging")
  const makeFolder = (name: string) => fs.makeDirectory(name, { recursive: true })

  /** A fresh folder on the file system of the final ones, gone with its scope. */
  const workspace = Effect.fnUntraced(function* (site: SiteName, deployId: DeployId) {
    yield* makeFolder(staging(site))
    return yield* fs.makeTempDirectoryScoped({ directory: staging(site), prefix: `${deployId}.` })
  })

  /** Removes what a crash has left of the deploy's workspaces. */
  const sweep = Effect.fnUntraced(function* (site: SiteName, deployId: DeployId) {
    const names = yield* fs
      .readDirectory(staging(site))
      .pipe(Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed([])))
    const left = names.filter((name) => name.startsWith(`${deployId}.`))
    yield* Effect.forEach(left, (name) => fs.remove(path.join(staging(site), name), { recursive: true, force: true }))
  })

  // Once a rename is on its way nothing may start that relies on where the file is.
  const moveInto = Effect.fnUntraced(function* (from: string, to: string, replaced: string) {
    yield* fs.rename(to, replaced).pipe(Effect.catchReason("PlatformError", "NotFound", () => Effect.void))
    yield* fs.rename(from, to)
  }, Effect.uninterruptible)

  return Publication.of({
    root,
    folder,
    stage: Effect.fn("Publication.stage")(
      function* (site, deployId, files, wrote) {
        const target = folder(site, deployId)
        if (!(yield* holdsFiles(target, files))) {
          const work = yield* workspace(site, deployId)
          yield* makeFolder(path.join(work, "files"))
          yield* copyFiles(path.join(work, "files"), files, wrote)
          yield* makeFolder(path.dirname(target))
          yield* moveInto(path.join(work, "files"), target, path.join(work, "replaced"))
        }
        yield* sweep(site, deployId)
      },
      Effect.scoped,
      Effect.provide(services)
    ),
    withdraw: Effect.fn("Publication.withdraw")(function* (site, deployId) {
      yield* fs.remove(folder(site, deployId), { recursive: true, force: true })
      yield* sweep(site, deployId)
    }),
    live: Effect.fn("Publication.live")(function* (site) {
      const text = yield* fs
        .readFileString(liveFile(site))
        .pipe(Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed("null")))
      return yield* Schema.decodeEffect(LiveFile)(text).pipe(Effect.orElseSucceed(() => null))
    }),
    activate: Effect.fn("Publication.activate")(function* (site, live) {
      const pointer = path.join(yield* workspace(site, live.deployId), "live.json")
      const text = yield* Schema.encodeEffect(LiveFile)(live).pipe(Effect.orDie)
      yield* fs.writeFileString(pointer, text)
      yield* Effect.uninterruptible(fs.rename(pointer, liveFile(site)))
    }, Effect.scoped),
    deactivate: Effect.fn("Publication.deactivate")((site) => fs.remove(liveFile(site), { force: true }))
  })
})
