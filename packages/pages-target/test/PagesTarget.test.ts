import { type ArtifactFile, ArtifactPath, DirectoryArtifacts } from "@deploys/core"
import { FakeFault, FakePages } from "@deploys/pages-target/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Artifacts, deploy, fetchSite, filesOf, host, production, target, world } from "./support/host.ts"
import { runPlan } from "./support/plans.ts"
import { temporaryFolder } from "./support/wrangler.ts"

const put = (name: string, files: ReadonlyArray<ArtifactFile>) =>
  Artifacts.use((artifacts) => Effect.sync(() => artifacts.put(name, files)))

const site = filesOf({ "index.html": "<h1>one</h1>", "a.txt": "same", "b.txt": "same", "empty.txt": "" })

const callNames = (names: ReadonlyArray<string>) =>
  Effect.map(
    FakePages.use(({ calls }) => calls),
    (calls) => calls.map(({ call }) => call).filter((call) => names.includes(call))
  )

/** A file that says how often it was read, and may have other bytes each time. */
const countedFile = (path: string, read: (time: number) => string, revision?: string) => {
  const reads = { count: 0 }
  const size = read(1).length
  const content = Stream.suspend(() => Stream.succeed(new TextEncoder().encode(read(++reads.count))))
  const file: ArtifactFile = {
    path: ArtifactPath.make(path),
    size,
    content,
    ...(revision === undefined ? {} : { revision })
  }
  return { file, reads }
}

describe("a deploy to Cloudflare Pages", () => {
  it.live("goes live step by step, and tells how far it is", () =>
    Effect.gen(function* () {
      yield* put("one", site)
      const { deploy: done, events, steps } = yield* deploy("shop", "one")
      assert.strictEqual(done.status, "completed", done.error ?? "")
      assert.deepStrictEqual(
        steps.map(({ cancellation, name }) => `${name} ${cancellation}`),
        [
          "prepare interrupt",
          "hash interrupt",
          "upload interrupt",
          "create discard",
          "go-live interrupt",
          "verify interrupt"
        ]
      )
      assert.match(done.previewUrl ?? "", /^http:\/\/[0-9a-f]{8}\.shop\.localhost/)
      assert.match(done.productionUrl ?? "", /^http:\/\/shop\.localhost/)
      assert.strictEqual(yield* production("shop"), "<h1>one</h1>")
      const told = events.flatMap((event) =>
        event.type === "progress" ? [`${event.data.name} ${event.data.unit}`] : []
      )
      for (const each of ["hash bytes", "hash files", "upload bytes", "upload files"]) assert.include(told, each)
      const uploads = (yield* FakePages.use(({ calls }) => calls)).filter(({ call }) => call === "uploadAssets")
      assert.lengthOf(
        uploads.flatMap(({ detail }) => detail),
        3
      )
    }).pipe(Effect.provide(host()))
  )

  it.live("uploads nothing that Cloudflare has", () =>
    Effect.gen(function* () {
      yield* put("one", site)
      yield* deploy("shop", "one")
      const before = (yield* callNames(["uploadAssets"])).length
      assert.strictEqual((yield* deploy("shop", "one")).deploy.status, "completed")
      assert.lengthOf(yield* callNames(["uploadAssets"]), before)
    }).pipe(Effect.provide(host()))
  )

  it.live("reads an unchanged file for its hash once, in one deploy and in the next", () =>
    Effect.gen(function* () {
      const sure = countedFile("sure.txt", () => "the same", "1")
      const unsure = countedFile("unsure.txt", () => "not known to be the same")
      yield* put("one", [...site, sure.file, unsure.file])
      yield* deploy("shop", "one")
      // For the hash, for the upload, and to compare.
      assert.deepStrictEqual([sure.reads.count, unsure.reads.count], [3, 3])
      yield* deploy("shop", "one")
      assert.deepStrictEqual([sure.reads.count, unsure.reads.count], [4, 5])
    }).pipe(Effect.provide(host()))
  )

  it.live("puts production back when what is served is not the artifact", () =>
    Effect.gen(function* () {
      yield* put("one", site)
      yield* deploy("shop", "one")
      const changing = countedFile("changing.txt", (time) => (time === 2 ? "other bytes" : "these bytes"))
      yield* put("two", [...filesOf({ "index.html": "two" }), changing.file])
      const { deploy: ended } = yield* deploy("shop", "two")
      assert.deepStrictEqual([ended.failureCode, ended.metadata["outcome"]], ["step_failed", "reverted"])
      assert.include(ended.error ?? "", "answers 500 instead of 200")
      assert.strictEqual(yield* production("shop"), "<h1>one</h1>")
      assert.lengthOf((yield* FakePages.use(({ project }) => project("shop")))?.deployments ?? [], 1)
    }).pipe(Effect.provide(host({}, { liveWithin: "200 millis" })))
  )

  it.live("says what Cloudflare says when a deployment fails, and removes it", () =>
    Effect.gen(function* () {
      yield* put("one", site)
      yield* FakePages.use(({ inject }) =>
        inject("createDeployment", FakeFault.FailedStage({ line: "Line 3 of _headers is wrong" }))
      )
      const { deploy: ended } = yield* deploy("shop", "one")
      assert.deepStrictEqual([ended.failureCode, ended.metadata["outcome"]], ["step_failed", "discarded"])
      assert.include(ended.error ?? "", "ended in stage deploy with failure: Line 3 of _headers is wrong")
      assert.deepStrictEqual((yield* FakePages.use(({ project }) => project("shop")))?.deployments, [])
    }).pipe(Effect.provide(host()))
  )

  it.live("sends a worker as a bundle, and its routes with it", () =>
    Effect.gen(function* () {
      const routes = JSON.stringify({ version: 1, include: ["/api/*"], exclude: [] })
      yield* put("one", [...site, ...filesOf({ "_worker.js": "export default {}", "_routes.json": routes })])
      assert.strictEqual((yield* deploy("shop", "one")).deploy.status, "completed")
      const made = (yield* FakePages.use(({ project }) => project("shop")))?.deployments[0]
      assert.deepStrictEqual([...(made?.special.keys() ?? [])], ["_worker.bundle", "_routes.json"])
      yield* put("two", [...site, ...filesOf({ "_worker.bundle": "ready", "_routes.json": "{}" })])
      const { deploy: refused } = yield* deploy("shop", "two")
      assert.deepStrictEqual([refused.failureCode, refused.error?.includes("_routes.json")], ["artifact_invalid", true])
    }).pipe(Effect.provide(host()))
  )

  it.live("makes no project where the host doesn't allow it", () =>
    Effect.gen(function* () {
      yield* put("one", site)
      const { deploy: ended } = yield* deploy("shop", "one")
      assert.deepStrictEqual([ended.failureCode, ended.metadata["outcome"]], ["target_rejected", "prevented"])
      assert.isUndefined(yield* FakePages.use(({ project }) => project("shop")))
    }).pipe(Effect.provide(host({}, { createProjects: false })))
  )

  it.live("is refused where the project is live with another entity", () =>
    Effect.gen(function* () {
      yield* put("one", site)
      yield* deploy("shop", "one")
      const { deploy: ended } = yield* deploy("blog", "one")
      assert.strictEqual(ended.failureCode, "target_rejected")
      assert.include(ended.error ?? "", "belongs to the entity app_shop")
    }).pipe(Effect.provide(host({}, { projectName: () => "shared" })))
  )

  it.live.each(["Shop", "-shop", "a".repeat(59), "my_shop"])(
    "is refused for a name that no project can have: %s",
    (name) =>
      Effect.gen(function* () {
        yield* put("one", site)
        const { deploy: ended } = yield* deploy("shop", "one")
        assert.strictEqual(ended.failureCode, "target_rejected")
        assert.include(ended.error ?? "", name)
      }).pipe(Effect.provide(host({}, { projectName: () => name })))
  )

  it.live("is refused for a functions folder, more files than allowed, and what leads out of the folder", () =>
    Effect.gen(function* () {
      for (const [files, words] of [
        [filesOf({ "functions/api.js": "" }), "wrangler pages functions build"],
        [filesOf({ "1": "", "2": "", "3": "", "4": "" }), "has 4 files; Cloudflare Pages takes 3"],
        [filesOf({ "../up.txt": "" }), "leaves its folder"]
      ] as const) {
        yield* put("one", files)
        const { deploy: ended } = yield* deploy("shop", "one")
        assert.strictEqual(ended.failureCode, "artifact_invalid")
        assert.include(ended.error ?? "", words)
      }
    }).pipe(Effect.provide(host({ maxFiles: 3 })))
  )

  it.live("is refused for a symbolic link, and sends nothing", () =>
    Effect.gen(function* () {
      const root = yield* temporaryFolder
      mkdirSync(join(root, "linked"))
      writeFileSync(join(root, "secret.txt"), "secret")
      symlinkSync(join(root, "secret.txt"), join(root, "linked", "page.txt"))
      const error = yield* Effect.flip(
        runPlan({ app: "shop", artifact: "linked", message: null, hash: null }).pipe(
          Effect.provide(Layer.provide(target(), Layer.provide(DirectoryArtifacts.layer(root), NodeServices.layer)))
        )
      )
      assert.include(String(error), "page.txt: A symbolic link can't be deployed")
      assert.deepStrictEqual(yield* callNames(["uploadAssets", "createDeployment"]), [])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("of one app stays apart from those of others at the same time", () =>
    Effect.gen(function* () {
      const apps = Array.from({ length: 6 }, (_, index) => `app-${index}`)
      for (const app of apps) yield* put(app, filesOf({ "index.html": app, "shared.txt": "shared" }))
      const ended = yield* Effect.forEach(apps, (app) => deploy(app, app), { concurrency: "unbounded" })
      assert.isTrue(ended.every(({ deploy: one }) => one.status === "completed"))
      for (const [index, app] of apps.entries()) {
        assert.strictEqual(yield* production(app), app)
        const { body } = yield* fetchSite(ended[index]?.deploy.previewUrl ?? "", "")
        assert.strictEqual(new TextDecoder().decode(body), app)
      }
    }).pipe(Effect.provide(host()))
  )
})
