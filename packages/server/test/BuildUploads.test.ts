import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Latch, Stream } from "effect"
import { EntityId } from "@deploys/core"
import { gzipSync } from "node:zlib"
import { BuildUploads } from "../src/builds/BuildUploads.ts"
import { rawTar } from "./support/rawTar.ts"
import { ask, kept, TestServer } from "./support/serverApp.ts"

const builds = "/api/apps/app-1/builds"
const site = rawTar([
  { name: "index.html", content: "<h1>" },
  { name: "a/b.css", content: "a{}" }
])

layer(TestServer.layer)("an upload", (it) => {
  it.effect("leaves nothing behind when an entry is refused, and names it", () =>
    Effect.gen(function* () {
      const body = rawTar([
        { name: "fine.txt", content: "x" },
        { name: "a/../../b~c", content: "x" }
      ])
      const answer = yield* ask(builds, { body, type: "application/x-tar" })
      assert.strictEqual(answer.status, 400)
      assert.deepStrictEqual(answer.body.errors, [
        { path: "/a~1..~1..~1b~0c", code: "path", message: '"a/../../b~c" is not a path inside the archive' }
      ])
      assert.deepStrictEqual(yield* kept, [])
    })
  )

  it.effect("leaves nothing behind when the caller goes away half-way", () =>
    Effect.gen(function* () {
      const started = yield* Latch.make()
      const body = Stream.concat(
        Stream.succeed(site.subarray(0, 1500)),
        Stream.fromEffectDrain(Effect.andThen(started.open, Effect.never))
      )
      const upload = BuildUploads.use((uploads) =>
        uploads.upload({ entityId: EntityId.make("app-1"), about: {}, gzip: false, body })
      )
      const fiber = yield* Effect.forkChild(upload)
      yield* started.await
      assert.notDeepEqual(yield* kept, [])
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* kept, [])
    })
  )

  const refusedTypes = ["application/json", "application/zip", "", "application/x-tar+gzip"]
  it.effect.each(refusedTypes)("of the type %j is not taken", (type) =>
    Effect.gen(function* () {
      const answer = yield* ask(builds, { body: site, type })
      assert.deepInclude(answer.body, { status: 415, accepted: ["application/x-tar", "application/gzip"] })
    })
  )

  it.effect("becomes a completed build with its files", () =>
    Effect.gen(function* () {
      const query = "branch=main&commit=4f1c&message=Fix%20it&version=next"
      const { body, status } = yield* ask(`${builds}?${query}`, { body: gzipSync(site), type: "application/gzip" })
      assert.strictEqual(status, 201)
      assert.match(body.id, /^bld_/)
      assert.deepInclude(body, {
        status: "completed",
        artifact: body.id,
        branch: "main",
        commitSha: "4f1c",
        commitMessage: "Fix it",
        error: null
      })
      assert.isNotNull(body.completedAt)
      const [artifact] = yield* kept
      assert.deepStrictEqual(yield* kept, [artifact, `${artifact}/a`, `${artifact}/a/b.css`, `${artifact}/index.html`])
      assert.deepStrictEqual((yield* ask(`/api/builds/${body.id}`, { as: "bo" })).body, body)
      assert.deepStrictEqual((yield* ask(builds, { as: "bo" })).body.data, [body])
    })
  )

  it.effect("takes the type with parameters, and makes a version once", () =>
    Effect.gen(function* () {
      const upload = ask(builds, { body: site, type: "Application/X-Tar; x=y" })
      const [one, other] = [yield* upload, yield* upload]
      assert.strictEqual(one.body.versionId, other.body.versionId)
      assert.notStrictEqual(one.body.id, other.body.id)
    })
  )
})
