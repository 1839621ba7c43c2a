import {
  type ArtifactFile,
  ArtifactInvalid,
  type ArtifactLocator,
  ArtifactPath,
  ArtifactStore,
  Build,
  BuildId,
  Catalog,
  DeployEngine,
  type DeployId,
  DeployStore,
  Entity,
  MemoryStore,
  trustedPrincipal,
  Version
} from "@deploys/core"
import { PagesApi, type PagesOptions, PagesTarget } from "@deploys/pages-target"
import { FakePages } from "@deploys/pages-target/testing"
import type { FakeOptions } from "@deploys/pages-target/testing"
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, Option, Schedule, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"

const createdAt = "2026-01-01T00:00:00.000000Z"
const row = { createdAt, name: "main" }

/** A catalog in which every build `bld_{app}.{artifact}` exists. */
const everyBuild = Layer.succeed(Catalog, {
  workspace: () => Effect.succeedNone,
  entity: () => Effect.succeedNone,
  latestBuild: () => Effect.succeedNone,
  sourceEvent: () => Effect.succeedNone,
  build: (id) => {
    const [app = "", artifact = ""] = id.replace("bld_", "").split(".")
    return Effect.succeedSome({
      build: Schema.decodeUnknownSync(Build)({
        id,
        versionId: `ver_${app}`,
        status: "completed",
        artifact,
        branch: "main",
        commitSha: "0123456789abcdef0123456789abcdef01234567",
        commitMessage: "Say it\nin two lines: \u{1f680}",
        error: null,
        createdAt,
        completedAt: createdAt
      }),
      version: Schema.decodeUnknownSync(Version)({ ...row, id: `ver_${app}`, entityId: `app_${app}`, isDefault: true }),
      entity: Schema.decodeUnknownSync(Entity)({
        id: `app_${app}`,
        workspaceId: "ws_1",
        kind: "app",
        name: app,
        createdAt
      })
    })
  }
})

export type Tree = Readonly<Record<string, string | Uint8Array>>

/** Contents by path, which are not checked: a test may put in what no store would let through. */
export const filesOf = (tree: Tree): ReadonlyArray<ArtifactFile> =>
  Object.entries(tree).map(([path, content]) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
    return {
      path: ArtifactPath.make(path, { disableChecks: true }),
      size: bytes.length,
      content: bytes.length === 0 ? Stream.empty : Stream.succeed(bytes)
    }
  })

/** Artifacts that a test puts in under a name. */
export class Artifacts extends Context.Service<
  Artifacts,
  { readonly put: (name: string, files: ReadonlyArray<ArtifactFile>) => void }
>()("@deploys/pages-target/test/Artifacts") {
  static readonly layer = Layer.effectContext(
    Effect.sync(() => {
      const artifacts = new Map<string, ReadonlyArray<ArtifactFile>>()
      const store = ArtifactStore.of({
        files: (artifact: ArtifactLocator) =>
          Effect.fromNullishOr(artifacts.get(artifact)).pipe(
            Effect.mapError(
              () => new ArtifactInvalid({ reason: "missing", path: null, detail: "There is no artifact" })
            )
          )
      })
      const put = (name: string, files: ReadonlyArray<ArtifactFile>) => void artifacts.set(name, files)
      return Context.make(ArtifactStore, store).pipe(Context.add(Artifacts, Artifacts.of({ put })))
    })
  )
}

/** Settings that make the target wait no longer than a test can. */
export const quick: Partial<PagesOptions> = {
  pollEvery: "4 millis",
  reconcileFor: "120 millis",
  retryEvery: "4 millis",
  retries: 3,
  callTimeout: "2 seconds",
  liveWithin: "2 seconds"
}

/** The fake, and what outlives an engine. */
export const world = (fake: FakeOptions = {}) =>
  Layer.mergeAll(
    FakePages.layer(fake),
    Artifacts.layer,
    everyBuild,
    Layer.provide(MemoryStore.layer, everyBuild),
    NodeHttpClient.layerUndici
  )

/** The target on the fake. */
export const target = (options: Partial<PagesOptions> = {}) =>
  PagesTarget.layer.pipe(
    Layer.provideMerge(PagesApi.layer),
    Layer.provideMerge(FakePages.config({ ...quick, ...options }))
  )

/** An engine that runs what is created. */
export const engine = (options: Partial<PagesOptions> = {}) =>
  DeployEngine.layerWithRunner.pipe(Layer.provide(target(options)))

/** All of it. */
export const host = (fake: FakeOptions = {}, options: Partial<PagesOptions> = {}) =>
  Layer.provideMerge(engine(options), world(fake))

export const ada = trustedPrincipal("ada")

/** Creates a deploy of this artifact of this app. */
export const create = (app: string, artifact: string) =>
  DeployEngine.use((deploys) => deploys.create(ada, { buildId: BuildId.make(`bld_${app}.${artifact}`) }))

/** The deploy and its steps as stored. */
export const read = (id: DeployId) => DeployStore.use((deploys) => deploys.find(id)).pipe(Effect.map(Option.getOrThrow))

/** The deploy once it is over, with its lines of log. */
export const over = Effect.fnUntraced(function* (id: DeployId) {
  const events = yield* DeployEngine.use((deploys) => Stream.runCollect(deploys.events(ada, id)))
  const logs = events.flatMap((event) => (event.type === "log" ? [event.data.message] : []))
  return { ...(yield* read(id)), events, logs }
})

/** Runs a deploy to its end. */
export const deploy = (app: string, artifact: string) => Effect.flatMap(create(app, artifact), ({ id }) => over(id))

/** What an address serves, following the site where it leads. */
export const fetchSite = Effect.fnUntraced(function* (address: string, path: string) {
  const { port } = yield* FakePages
  const client = HttpClient.followRedirects(yield* HttpClient.HttpClient, 4)
  const encoded = path.split("/").map(encodeURIComponent).join("/")
  const request = HttpClientRequest.get(`http://127.0.0.1:${port}/${encoded}`).pipe(
    HttpClientRequest.setHeader("host", new URL(address).host)
  )
  const response = yield* client.execute(request)
  return { status: response.status, headers: response.headers, body: new Uint8Array(yield* response.arrayBuffer) }
})

/** The first words of what production of an app serves at `/`. */
export const production = Effect.fnUntraced(function* (app: string) {
  const { port } = yield* FakePages
  const { body, status } = yield* fetchSite(`http://${app}.localhost:${port}`, "")
  return status === 200 ? new TextDecoder().decode(body) : `status ${status}`
})

const pause = Schedule.spaced("3 millis")

/** Waits until this is so; the test's own time limit ends a wait in vain. */
export const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(condition, { until: (now) => now, schedule: pause })
