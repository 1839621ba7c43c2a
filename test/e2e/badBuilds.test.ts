import {
  ArtifactStore,
  DeployEngine,
  DirectoryArtifacts,
  MemoryAccess,
  MemoryCatalog,
  MemoryStore,
  trustedPrincipal
} from "@deploys/core"
import { FetchHandler, HttpApp } from "@deploys/http"
import { LocalTarget, Publication, SiteServer } from "@deploys/local-target"
import { NodeHttpClient, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, ManagedRuntime } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"

const write = (root: string, files: Record<string, string>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

const version = { shop: "shop-main", bare: "bare-main" }
const build = (id: string, fields: object = {}) => ({ id, versionId: version.shop, artifact: id, ...fields })

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "ws" }],
  entities: ["shop", "bare"].map((id) => ({ id, workspaceId: "ws" })),
  versions: [
    { id: version.shop, entityId: "shop" },
    { id: version.bare, entityId: "bare" }
  ],
  builds: [
    ...["good", "empty", "linked", "nowhere", "vanishing"].map((id) => build(id)),
    build("outside", { artifact: "../good" }),
    build("broken", { status: "failed", artifact: null, error: "the compiler ran out of memory" }),
    build("unfinished", { status: "running", artifact: null }),
    build("bare-1", { versionId: version.bare, status: "failed", artifact: null })
  ]
})

/** Artifacts in folders, of which one loses a file once it has been listed. */
const artifacts = (root: string) =>
  Layer.effect(
    ArtifactStore,
    Effect.map(ArtifactStore, (store) => ({
      files: (locator) =>
        Effect.tap(store.files(locator), () =>
          Effect.sync(() => rmSync(join(root, locator, "lost.html"), { force: true }))
        )
    }))
  ).pipe(Layer.provide(DirectoryArtifacts.layer(root)))

const host = (folder: string) => {
  const builds = join(folder, "builds")
  write(builds, {
    "good/index.html": "the good one",
    "linked/index.html": "x",
    "vanishing/index.html": "x",
    "vanishing/lost.html": "y"
  })
  mkdirSync(join(builds, "empty"))
  symlinkSync("/etc/passwd", join(builds, "linked/secret.txt"))
  const sites = SiteServer.layer.pipe(
    Layer.provideMerge(Publication.layer({ root: join(folder, "sites") })),
    Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
  )
  return DeployEngine.layerWithRunner.pipe(
    Layer.provide([LocalTarget.layer, MemoryStore.layer]),
    Layer.provide([artifacts(builds), catalog]),
    Layer.provideMerge(sites),
    Layer.provideMerge(Layer.merge(NodeServices.layer, NodeHttpClient.layerNodeHttp))
  )
}

/** The API, what runs behind it, and what it serves. */
const using = Effect.fnUntraced(function* <A>(
  use: (api: {
    readonly create: (body: object) => Promise<{ readonly status: number; readonly body: Record<string, unknown> }>
    readonly ended: (id: string) => Promise<Record<string, unknown>>
    readonly served: () => Promise<string>
    readonly folder: string
  }) => Promise<A>
) {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "deploys-bad-builds-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  const runtime = yield* Effect.acquireRelease(
    Effect.sync(() => ManagedRuntime.make(host(folder))),
    (made) => Effect.promise(() => made.dispose())
  )
  const access = MemoryAccess.layerOf({ token: trustedPrincipal("ada") })
  const engine = Layer.effectContext(runtime.contextEffect)
  const api = yield* Effect.acquireRelease(
    Effect.sync(() => FetchHandler.make(HttpApp.layer().pipe(Layer.provide([engine, access])))),
    ({ dispose }) => Effect.promise(dispose)
  )
  const call = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: "Bearer token", "content-type": "application/json" }
    return api.handler(new Request(`http://localhost${path}`, { ...init, headers }))
  }
  return yield* Effect.promise(() =>
    use({
      folder,
      create: async (body) => {
        const response = await call("/api/deploys", { method: "POST", body: JSON.stringify(body) })
        return { status: response.status, body: await response.json() }
      },
      ended: async (id) => {
        await (await call(`/api/deploys/${id}/events`)).text()
        return (await call(`/api/deploys/${id}`)).json()
      },
      served: () =>
        runtime.runPromise(
          Effect.gen(function* () {
            const { origin } = yield* SiteServer
            const request = HttpClientRequest.get(`${origin}/`, { headers: { host: "shop.localhost" } })
            return yield* Effect.flatMap(HttpClient.execute(request), (response) => response.text)
          })
        )
    })
  )
}, Effect.scoped)

describe("a build that can't be deployed", () => {
  it.live("is refused at once, and the problem names the cause", () =>
    using(async ({ create }) => {
      const cases: ReadonlyArray<[body: object, status: number, cause: string]> = [
        [{ buildId: "unheard-of" }, 404, "unheard-of"],
        [{ buildId: "broken" }, 409, "the compiler ran out of memory"],
        [{ buildId: "unfinished" }, 409, "running"],
        [{ appId: "bare" }, 409, "no completed build"],
        [{ appId: "nobody" }, 404, "nobody"]
      ]
      for (const [body, status, cause] of cases) {
        const answer = await create(body)
        assert.strictEqual(answer.status, status, JSON.stringify(answer.body))
        assert.include(String(answer.body["detail"]), cause)
      }
    })
  )

  it.live("fails its deploy, names the entry, and leaves what was live as it was", () =>
    using(async ({ create, ended, folder, served }) => {
      const good = await create({ buildId: "good" })
      assert.strictEqual((await ended(String(good.body["id"])))["status"], "completed")
      const cases: ReadonlyArray<[buildId: string, cause: string]> = [
        ["empty", "no file"],
        ["linked", "secret.txt"],
        ["nowhere", "nowhere"],
        ["outside", "../good"],
        ["vanishing", "2 files, 2 B then, 1 file, 1 B now"]
      ]
      for (const [buildId, cause] of cases) {
        const { body } = await create({ buildId })
        const id = String(body["id"])
        const deploy = await ended(id)
        assert.strictEqual(deploy["failureCode"], "artifact_invalid", JSON.stringify(deploy))
        assert.include(String(deploy["error"]), cause)
        assert.isFalse(existsSync(join(folder, "sites/shop/deploys", id)), `${buildId} left files behind`)
        assert.strictEqual(await served(), "the good one")
      }
    })
  )
})
