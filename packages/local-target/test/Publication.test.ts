import { type ArtifactFile, ArtifactPath, ArtifactUnavailable, DeployId, EntityId } from "@deploys/core"
import { Publication, SiteHost } from "@deploys/local-target"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, FileSystem, Path, Ref, Stream } from "effect"
import { fileOf, filesOf } from "./support/artifacts.ts"
import { publication } from "./support/sites.ts"

const deployId = DeployId.make("dep_01j00000000000000000000001")
const other = DeployId.make("dep_01j00000000000000000000002")
const entityId = EntityId.make("app_1")
const tree = { "index.html": "home", "docs/deep/page.html": "page", "empty.txt": "" }
const ignore = () => Effect.void

const siteOf = SiteHost.SiteName.make

/** Everything below the site's folder, folders and what a crash leaves included. */
const entries = Effect.fnUntraced(function* (site: string) {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const { root } = yield* Publication
  const names = yield* fs.readDirectory(join(root, site), { recursive: true })
  return names.toSorted()
})

const published = [
  "deploys",
  `deploys/${deployId}`,
  `deploys/${deployId}/docs`,
  `deploys/${deployId}/docs/deep`,
  `deploys/${deployId}/docs/deep/page.html`,
  `deploys/${deployId}/empty.txt`,
  `deploys/${deployId}/index.html`,
  "staging"
]

layer(publication)("Publication", (it) => {
  it.effect("staging makes the deploy's folder and nothing beside it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { folder, stage } = yield* Publication
      const written = yield* Ref.make(0)
      yield* stage(siteOf("plain"), deployId, filesOf(tree), (bytes) => Ref.update(written, (sum) => sum + bytes))
      assert.deepStrictEqual(yield* entries("plain"), published)
      assert.strictEqual(yield* fs.readFileString(`${folder(siteOf("plain"), deployId)}/docs/deep/page.html`), "page")
      assert.strictEqual(yield* Ref.get(written), 8)
    })
  )

  it.effect("a complete folder stays as it is when it is staged again", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { folder, stage } = yield* Publication
      const site = siteOf("again")
      yield* stage(site, deployId, filesOf(tree), ignore)
      const before = yield* fs.stat(folder(site, deployId))
      yield* stage(site, deployId, filesOf(tree), ignore)
      assert.deepStrictEqual((yield* fs.stat(folder(site, deployId))).ino, before.ino)
      assert.deepStrictEqual(yield* entries("again"), published)
    })
  )

  it.effect.each(["a file is missing", "a file is cut", "a file is too many", "a folder is too many"])(
    "a folder in which %s is made anew",
    (fault) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { folder, stage } = yield* Publication
        const site = siteOf(fault.replaceAll(" ", "-"))
        const target = folder(site, deployId)
        yield* stage(site, deployId, filesOf(tree), ignore)
        if (fault === "a file is missing") yield* fs.remove(`${target}/index.html`)
        if (fault === "a file is cut") yield* fs.writeFileString(`${target}/index.html`, "ho")
        if (fault === "a file is too many") yield* fs.writeFileString(`${target}/more.html`, "")
        if (fault === "a folder is too many") yield* fs.makeDirectory(`${target}/more`)
        yield* stage(site, deployId, filesOf(tree), ignore)
        assert.deepStrictEqual(yield* entries(site), published)
        assert.strictEqual(yield* fs.readFileString(`${target}/index.html`), "home")
      })
  )

  it.effect("what a crash left of the deploy is swept, another deploy's is not", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { root, stage } = yield* Publication
      const staging = `${root}/crashed/staging`
      for (const id of [deployId, other]) {
        yield* fs.makeDirectory(`${staging}/${id}.Ab12/files/docs`, { recursive: true })
        yield* fs.writeFileString(`${staging}/${id}.Ab12/files/index.html`, "ho")
      }
      yield* stage(siteOf("crashed"), deployId, filesOf(tree), ignore)
      assert.deepStrictEqual(yield* fs.readDirectory(staging), [`${other}.Ab12`])
    })
  )

  it.effect("an interrupted staging leaves nothing of the deploy", () =>
    Effect.gen(function* () {
      const { stage } = yield* Publication
      const begun = yield* Deferred.make<void>()
      const endless: ArtifactFile = {
        path: ArtifactPath.make("docs/endless.txt"),
        size: 1_000_000,
        content: Stream.concat(Stream.succeed(new Uint8Array(10)), Stream.never)
      }
      const fiber = yield* stage(siteOf("stopped"), deployId, [...filesOf(tree), endless], (bytes) =>
        bytes === 10 ? Deferred.succeed(begun, undefined) : Effect.void
      ).pipe(Effect.forkChild)
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* entries("stopped"), ["staging"])
    })
  )

  it.effect("a file that can't be read to its end leaves nothing", () =>
    Effect.gen(function* () {
      const { stage } = yield* Publication
      const broken: ArtifactFile = {
        path: ArtifactPath.make("broken.txt"),
        size: 20,
        content: Stream.concat(
          Stream.succeed(new Uint8Array(10)),
          Stream.fail(new ArtifactUnavailable({ cause: new Error("gone") }))
        )
      }
      const error = yield* Effect.flip(stage(siteOf("broken"), deployId, [...filesOf(tree), broken], ignore))
      assert.strictEqual(error._tag, "ArtifactUnavailable")
      assert.deepStrictEqual(yield* entries("broken"), ["staging"])
    })
  )

  it.effect.each([
    "../outside.txt",
    "../../outside.txt",
    "docs/../../../outside.txt",
    "/outside.txt",
    "C:\\outside.txt",
    "..\\outside.txt",
    "docs//page.html",
    "./index.html",
    "docs/",
    "..",
    ".",
    "",
    "nul\u0000byte",
    "\ud800"
  ])("a file at %j is refused by name, and nothing is written", (path) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { root, stage } = yield* Publication
      const above = yield* fs.readDirectory(root)
      const error = yield* Effect.flip(stage(siteOf("hostile"), deployId, [fileOf(path, "x")], ignore))
      assert.deepInclude({ ...error }, { _tag: "ArtifactInvalid", reason: "path", path })
      assert.deepStrictEqual(yield* entries("hostile"), ["staging"])
      assert.deepStrictEqual((yield* fs.readDirectory(root)).toSorted(), [...new Set([...above, "hostile"])].toSorted())
    })
  )

  it.effect.each([
    ["twice", ["a.txt", "a.txt"], "a.txt"],
    ["as a file and as a folder", ["a", "a/b"], "a"],
    ["as a folder and as a file", ["a/b/c", "a/b"], "a/b"],
    ["under a name that is too long", [`docs/${"ü".repeat(128)}`], `docs/${"ü".repeat(128)}`]
  ] as const)("an artifact that has a path %s is refused", ([, paths, named]) =>
    Effect.gen(function* () {
      const { stage } = yield* Publication
      const files = paths.map((path) => fileOf(path, "x"))
      const error = yield* Effect.flip(stage(siteOf("clash"), deployId, files, ignore))
      assert.deepInclude({ ...error }, { _tag: "ArtifactInvalid", reason: "path", path: named })
      assert.deepStrictEqual(yield* entries("clash"), ["staging"])
    })
  )

  it.effect("what is live is what was made live last", () =>
    Effect.gen(function* () {
      const { activate, deactivate, live } = yield* Publication
      const site = siteOf("live")
      assert.isNull(yield* live(site))
      for (const id of [deployId, deployId, other]) {
        yield* activate(site, { deployId: id, entityId, previous: null })
        assert.deepStrictEqual(yield* live(site), { deployId: id, entityId, previous: null })
      }
      yield* deactivate(site)
      yield* deactivate(site)
      assert.isNull(yield* live(site))
      assert.deepStrictEqual(yield* entries("live"), ["staging"])
    })
  )

  it.effect.each(["", "{", "{}", '{"deployId":"../..","entityId":"app_1","previous":null}'])(
    "a pointer that holds %j makes nothing live",
    (text) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { live, root } = yield* Publication
        yield* fs.makeDirectory(`${root}/torn`, { recursive: true })
        yield* fs.writeFileString(`${root}/torn/live.json`, text)
        assert.isNull(yield* live(siteOf("torn")))
      })
  )

  it.effect("a deploy is withdrawn once, and again to no effect", () =>
    Effect.gen(function* () {
      const { stage, withdraw } = yield* Publication
      const site = siteOf("withdrawn")
      yield* withdraw(site, deployId)
      yield* stage(site, deployId, filesOf(tree), ignore)
      yield* stage(site, other, filesOf({ "a.txt": "a" }), ignore)
      yield* withdraw(site, deployId)
      yield* withdraw(site, deployId)
      assert.deepStrictEqual(yield* entries(site), ["deploys", `deploys/${other}`, `deploys/${other}/a.txt`, "staging"])
    })
  )

  it.effect("its root is the real one, whatever link leads there", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.realPath(yield* fs.makeTempDirectoryScoped())
      yield* fs.symlink(folder, `${folder}/link`)
      const { root } = yield* Publication.pipe(Effect.provide(Publication.layer({ root: `${folder}/link/sites` })))
      assert.strictEqual(root, `${folder}/sites`)
    })
  )
})
