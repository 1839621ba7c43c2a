/**
 * A service written in Effect that embeds the engine: deploys in PGlite, builds in a folder, sites served by this process.
 * It registers a build of `examples/site`, puts it live, tells what happens, and checks what is served.
 */
import { BuildId, CatalogRegistry, DeployEngine, DirectoryArtifacts, EntityId, trustedPrincipal } from "@deploys/core"
import { ArtifactLocator, VersionId, WorkspaceId } from "@deploys/core"
import { LocalTarget, Publication, SiteServer } from "@deploys/local-target"
import { Pglite, SqlCatalog, SqlRegistry, SqlStore } from "@deploys/sql-store"
import { NodeHttpClient, NodeHttpServer, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Layer, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { createServer } from "node:http"

const builds = new URL("..", import.meta.url).pathname

const embedded = (folder: string) => {
  // #region layers
  const database = Pglite.layer({ directory: `${folder}/database` })
  const sites = SiteServer.layer.pipe(
    Layer.provideMerge(Publication.layer({ root: `${folder}/sites` })),
    Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
  )
  const stores = Layer.mergeAll(SqlStore.layer, SqlCatalog.layer, SqlRegistry.layer).pipe(Layer.provide(database))
  const engine = DeployEngine.layerWithRunner.pipe(
    Layer.provide(LocalTarget.layer),
    Layer.provide([DirectoryArtifacts.layer(builds), sites]),
    Layer.provideMerge(stores),
    Layer.provideMerge(Layer.merge(NodeServices.layer, NodeHttpClient.layerNodeHttp))
  )
  // #endregion
  return engine
}

const register = Effect.gen(function* () {
  const registry = yield* CatalogRegistry
  const workspace = yield* registry.addWorkspace({ id: WorkspaceId.make("acme"), name: "Acme" })
  const app = yield* registry.addEntity({
    id: EntityId.make("shop"),
    workspaceId: workspace.id,
    kind: "app",
    name: "shop"
  })
  const version = yield* registry.ensureVersion({ id: VersionId.make("main"), entityId: app.id, name: "main" })
  return yield* registry.addBuild({
    id: BuildId.make("build-1"),
    versionId: version.id,
    status: "completed",
    artifact: ArtifactLocator.make("site"),
    branch: "main",
    commitSha: null,
    commitMessage: null,
    error: null
  })
})

const service = Effect.gen(function* () {
  const build = yield* register
  // #region use
  const engine = yield* DeployEngine
  const me = trustedPrincipal("release-service")
  const deploy = yield* engine.create(me, { buildId: build.id })
  yield* Stream.runForEach(engine.events(me, deploy.id), (event) =>
    event.type === "progress" ? Effect.void : Console.log(event.type, "name" in event.data ? event.data.name : "")
  )
  const { productionUrl, status } = yield* engine.get(me, deploy.id)
  // #endregion
  if (status !== "completed" || productionUrl === null) return yield* Effect.die(new Error(`The deploy is ${status}`))
  const { host, port } = new URL(productionUrl)
  const page = yield* HttpClient.execute(
    HttpClientRequest.get(`http://127.0.0.1:${port}/`, { headers: { host } })
  ).pipe(Effect.flatMap((response) => response.text))
  if (!page.includes("<title>")) return yield* Effect.die(new Error("The site is not what was deployed"))
  yield* Console.log(`Live at ${productionUrl}, ${page.length} characters`)
})

const program = Effect.gen(function* () {
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "embed-effect-" })
  yield* Effect.provide(service, embedded(folder))
}).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

NodeRuntime.runMain(program)
