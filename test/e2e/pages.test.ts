import { FakeFault, FakePages } from "@deploys/pages-target/testing"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, FileSystem, Layer, Redacted, Stream } from "effect"
import { events, get, post, upload } from "./support/calls.ts"
import { platform, served, siteOf, temporary } from "./support/platform.ts"
import { deploys, killed, type RunningServer, serve, stopped, towards } from "./support/processes.ts"

const timeout = 180_000
const site = { "index.html": "<h1>Hi", "docs/index.html": "Docs", "grüße/ü.txt": "Grüße" }

/** What sends a server to the fake. */
const settings = Effect.map(FakePages, ({ accountId, apiToken, apiUrl }) => ({
  TARGET: "pages",
  CLOUDFLARE_ACCOUNT_ID: accountId,
  CLOUDFLARE_API_TOKEN: Redacted.value(apiToken),
  CLOUDFLARE_API_BASE_URL: apiUrl,
  CLOUDFLARE_PAGES_PREFIX: "acme-",
  LEASE_SECONDS: "2"
}))

const deploymentsOf = (project: string) =>
  FakePages.use((fake) => Effect.map(fake.project(project), (found) => found?.deployments ?? []))

const begin = Effect.fnUntraced(function* (server: RunningServer, name: string) {
  const { body: app } = yield* post(server, "/api/apps", { workspaceId: "default", name })
  const { body: build } = yield* upload(server, app.id, site)
  const { body: deploy } = yield* post(server, "/api/deploys", { buildId: build.id })
  return deploy.id
})

layer(Layer.merge(platform, FakePages.layer({ deployTime: "200 millis" })), { excludeTestServices: true })(
  "a server with TARGET=pages",
  (it) => {
    it.effect(
      "makes the app's project, and tells the addresses that Cloudflare Pages serves",
      () =>
        Effect.gen(function* () {
          const server = yield* serve(yield* temporary, yield* settings)
          const run = yield* deploys(["deploy", yield* siteOf(site), "--app", "shop"], towards(server))
          assert.strictEqual(run.exitCode, 0, run.stdout + run.stderr)
          for (const step of ["prepare", "hash", "upload", "create", "go-live", "verify"])
            assert.include(run.stdout, `✓ ${step}`)
          const { body } = yield* get(server, "/api/deploys")
          const [deploy] = body.data
          const { port } = yield* FakePages
          assert.deepInclude(deploy, { status: "completed", productionUrl: `http://acme-shop.localhost:${port}/` })
          for (const address of [deploy.productionUrl, deploy.previewUrl]) {
            assert.include(run.stdout, address)
            assert.deepStrictEqual(yield* served(address, ""), { status: 200, text: "<h1>Hi" })
            assert.deepStrictEqual(yield* served(address, encodeURI("grüße/ü.txt")), { status: 200, text: "Grüße" })
          }
          const story = yield* Stream.runCollect(events(server, deploy.id))
          const { CLOUDFLARE_API_TOKEN: secret } = yield* settings
          assert.notInclude(JSON.stringify([run, body, story]), secret)
          assert.strictEqual(yield* stopped(server), 0)
        }),
      timeout
    )

    it.effect.each([
      ["killed", killed],
      ["stopped", stopped]
    ] as const)(
      "that is %s while a deployment is made goes on after a restart, and makes no other",
      ([how, end]) =>
        Effect.gen(function* () {
          const { inject } = yield* FakePages
          const data = yield* temporary
          const arrived = yield* Deferred.make<void>()
          const down = yield* Deferred.make<void>()
          const gate = Effect.andThen(Deferred.succeed(arrived, undefined), Deferred.await(down))
          yield* inject("createDeployment", FakeFault.After({ gate }), { project: `acme-${how}` })
          const first = yield* serve(data, yield* settings)
          const id = yield* begin(first, how)
          yield* Deferred.await(arrived)
          const ending = yield* Effect.forkChild(end(first), { startImmediately: true })
          yield* Effect.sleep("100 millis")
          yield* Deferred.succeed(down, undefined)
          yield* Fiber.join(ending)
          const second = yield* serve(data, yield* settings)
          const story = yield* Stream.runCollect(events(second, id))
          const { body } = yield* get(second, `/api/deploys/${id}`)
          assert.deepInclude(body, { status: "completed", isLive: true }, JSON.stringify(story))
          assert.lengthOf(yield* deploymentsOf(`acme-${how}`), 1)
          assert.deepStrictEqual(yield* served(body.productionUrl, ""), { status: 200, text: "<h1>Hi" })
        }),
      timeout
    )

    it.effect(
      "does not start where Cloudflare refuses the token, and does not repeat it",
      () =>
        Effect.gen(function* () {
          const wrong = { ...(yield* settings), CLOUDFLARE_API_TOKEN: "another-token" }
          const data = yield* Effect.flatMap(temporary, (yield* FileSystem.FileSystem).realPath)
          const run = yield* deploys(["serve"], { DATA_DIR: data, PORT: "0", ...wrong })
          const message = "Cloudflare, project: Authentication error (code 10000, status 401)"
          const opening = `Opening the database: PGlite, ${data}/database\n`
          const line = `deploys: CLOUDFLARE_API_TOKEN: is not taken for the account ${wrong.CLOUDFLARE_ACCOUNT_ID}: ${message}\n`
          assert.deepStrictEqual([run.exitCode, run.stdout, run.stderr], [1, "", opening + line])
        }),
      timeout
    )

    it.effect(
      "starts where Cloudflare is out of order, and deploys once it is back",
      () =>
        Effect.gen(function* () {
          const { clearFaults, inject } = yield* FakePages
          yield* inject("project", FakeFault.Gateway({ status: 502 }), { times: 1000 })
          const server = yield* serve(yield* temporary, yield* settings)
          yield* clearFaults
          const id = yield* begin(server, "patient")
          yield* Stream.runDrain(events(server, id))
          assert.strictEqual((yield* get(server, `/api/deploys/${id}`)).body.status, "completed")
        }),
      timeout
    )
  }
)
