import { assert, describe, layer } from "@effect/vitest"
import { isLastEvent } from "@deploys/core"
import { Effect, FileSystem, Stream } from "effect"
import { events, get, post, upload } from "./support/calls.ts"
import { databases } from "./support/databases.ts"
import { platform, served, siteOf, temporary } from "./support/platform.ts"
import { deploys, serve, stopped, towards } from "./support/processes.ts"

const site = { "index.html": "<h1>Hi", "docs/index.html": "Docs", "404.html": "Gone" }
const timeout = 90_000

describe.each(databases)("a server on $name", ({ available, fresh }) => {
  layer(platform, { excludeTestServices: true })((it) => {
    it.effect.skipIf(!available)(
      "takes a folder from the command line and serves it",
      () =>
        Effect.gen(function* () {
          const server = yield* serve(yield* temporary, yield* fresh)
          const run = yield* deploys(["deploy", yield* siteOf(site), "--app", "shop"], towards(server))
          assert.strictEqual(run.exitCode, 0, run.stderr)
          assert.strictEqual(run.stderr, "")
          for (const step of ["upload", "prepare", "stage", "switch", "verify"]) assert.include(run.stdout, `✓ ${step}`)
          const { body } = yield* get(server, "/api/deploys")
          assert.strictEqual(body.pageInfo.total, 1)
          const [deploy] = body.data
          assert.deepInclude(deploy, { status: "completed", isLive: true, sequenceNumber: 1, createdBy: "root" })
          for (const address of [deploy.productionUrl, deploy.previewUrl]) {
            assert.include(run.stdout, address)
            assert.deepStrictEqual(yield* served(address, ""), { status: 200, text: "<h1>Hi" })
            assert.deepStrictEqual(yield* served(address, "docs/"), { status: 200, text: "Docs" })
            assert.deepStrictEqual(yield* served(address, "none"), { status: 404, text: "Gone" })
          }
        }),
      timeout
    )

    it.effect.skipIf(!available)(
      "tells a deploy's whole story, and is the same server after a restart",
      () =>
        Effect.gen(function* () {
          const data = yield* temporary
          const settings = yield* fresh
          const first = yield* serve(data, settings)
          const folder = yield* siteOf(site)
          const run = yield* deploys(["deploy", folder, "--app", "shop", "--json", "--branch", "main"], towards(first))
          assert.strictEqual(run.exitCode, 0, run.stderr)
          const deploy = JSON.parse(run.stdout)
          assert.deepStrictEqual(
            deploy.steps.map(({ name, status }: { name: string; status: string }) => `${name} ${status}`),
            ["prepare completed", "stage completed", "switch completed", "verify completed"]
          )
          const build = yield* get(first, `/api/builds/${deploy.buildId}`)
          assert.deepInclude(build.body, { status: "completed", branch: "main" })
          assert.strictEqual(yield* stopped(first), 0)

          const second = yield* serve(data, settings)
          assert.strictEqual(second.token, first.token)
          assert.deepStrictEqual((yield* get(second, `/api/deploys/${deploy.id}`)).body, deploy)
          assert.strictEqual((yield* served(deploy.productionUrl, "")).text, "<h1>Hi")
          const story = yield* Stream.runCollect(events(second, deploy.id))
          const stored = story.filter((event) => "sequence" in event)
          assert.deepStrictEqual(
            stored.map(({ sequence }) => sequence),
            stored.map((_, index) => index + 1)
          )
          const last = stored.at(-1)
          assert.isTrue(last !== undefined && isLastEvent(last))
          const rest = yield* Stream.runCollect(events(second, deploy.id, 3))
          assert.deepStrictEqual(rest, stored.slice(3))
          assert.strictEqual(yield* stopped(second), 0)
        }),
      timeout
    )

    it.effect.skipIf(!available)(
      "keeps to a cancel, and runs the app's next deploy",
      () =>
        Effect.gen(function* () {
          const data = yield* temporary
          const settings = yield* fresh
          const idle = yield* serve(data, { ...settings, RUNNER: "off" })
          const { body: app } = yield* post(idle, "/api/apps", { workspaceId: "default", name: "shop" })
          const early = yield* post(idle, "/api/deploys", { appId: app.id })
          assert.deepInclude(early.body, { status: 409, type: "urn:problem-type:deploys:no-deployable-build" })
          const fs = yield* FileSystem.FileSystem
          const build = yield* upload(idle, app.id, site)
          assert.strictEqual(build.status, 201)
          const { body: pending } = yield* post(idle, "/api/deploys", { appId: app.id })
          assert.deepInclude(pending, { status: "pending", buildId: build.body.id })
          const cancelled = pending.id
          const answer = yield* post(idle, `/api/deploys/${cancelled}/cancel`, { reason: "wrong branch" })
          assert.deepStrictEqual(answer, { status: 200, body: { success: true } })
          const { body } = yield* get(idle, `/api/deploys/${cancelled}`)
          assert.deepInclude(body, { status: "failed", failureCode: "cancelled", canCancel: false })
          assert.deepInclude(body.metadata.cancellation, { reason: "wrong branch", by: "root" })
          assert.strictEqual(yield* stopped(idle), 0)

          const server = yield* serve(data, settings)
          const next = yield* post(server, "/api/deploys", { buildId: body.buildId })
          assert.strictEqual(next.status, 201)
          yield* Stream.runDrain(events(server, next.body.id))
          assert.strictEqual((yield* get(server, `/api/deploys/${next.body.id}`)).body.status, "completed")
          assert.strictEqual((yield* get(server, `/api/deploys/${cancelled}`)).body.status, "failed")
          assert.isFalse(yield* fs.exists(`${data}/sites/shop/deploys/${cancelled}`))
        }),
      timeout
    )
  })
})
