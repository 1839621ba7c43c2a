import { ArtifactInvalid, ArtifactLocator, ArtifactUnavailable, DeployTarget } from "@deploys/core"
import { Publication } from "@deploys/local-target"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Schema, Stream } from "effect"
import { pagesOf } from "../src/internal/verification.ts"
import { fileOf, filesOf, type Tree } from "./support/artifacts.ts"
import { requestFor, walk } from "./support/deploys.ts"
import { ask, target } from "./support/sites.ts"

const steps = ["prepare", "stage", "switch", "verify"]

/** A deploy of these files, complete. */
const deployed = Effect.fnUntraced(function* (name: string, tree: Tree) {
  const deploy = yield* walk(filesOf(tree), name)
  yield* deploy.through("verify")
  return deploy
})

const previewHost = ({
  request
}: {
  readonly request: { readonly deploy: { readonly id: string }; readonly entity: { readonly name: string } }
}) => `${request.deploy.id.replace("_", "-")}.${request.entity.name}.localhost`

/** What production answers for `/`. */
const home = (name: string) => Effect.map(ask(`${name}.localhost`, "/"), ({ status, text }) => [status, text])
const noSite = [404, "404: No site is served at this address.\n"]

const Part = Schema.Union([
  Schema.Literals([
    "index.html",
    "404.html",
    "about",
    "about.html",
    "docs",
    ".hidden",
    "ü ñ",
    "50%",
    "a#b",
    "q?x",
    "🚀"
  ]),
  Schema.Literals(["%2e%2e", "a+b", "a&b=c", "…", "A", "a", "con", "x.tar.gz", "é", "e\u0301", "'\"", "`$(x)`"]),
  Schema.String.check(Schema.isPattern(/^[a-z .;:@,~!*()-]{1,12}$/), Schema.isPattern(/[a-z]/))
])
const Entry = Schema.Struct({
  parts: Schema.NonEmptyArray(Part).check(Schema.isMaxLength(4)),
  content: Schema.Uint8Array
})

/** Files of their own: no path twice, none that is a folder of another. */
const treeOf = (entries: ReadonlyArray<typeof Entry.Type>) => {
  const tree = new Map(entries.map(({ content, parts }) => [parts.join("/"), content]))
  const paths = [...tree.keys()]
  return [...tree].filter(([path]) => !paths.some((other) => other.startsWith(`${path}/`)))
}

layer(target)("LocalTarget", (it) => {
  it.effect.prop(
    "the served site equals the artifact byte for byte",
    [Schema.NonEmptyArray(Entry).check(Schema.isMaxLength(12))],
    ([entries]) =>
      Effect.gen(function* () {
        const tree = treeOf(entries)
        const deploy = yield* walk(
          tree.map(([path, content]) => fileOf(path, content)),
          "random"
        )
        yield* deploy.through("verify")
        for (const [path, content] of tree) {
          const encoded = `/${path.split("/").map(encodeURIComponent).join("/")}`
          for (const host of ["random.localhost", previewHost(deploy)]) {
            const answer = yield* ask(host, encoded)
            assert.deepStrictEqual([answer.status, answer.bytes], [200, content], `${host}${encoded}`)
          }
        }
      }),
    { timeout: 60_000, arbitrary: { runs: 40 } }
  )

  it.effect("its addresses are the preview's from staging, the production's from the switch", () =>
    Effect.gen(function* () {
      const deploy = yield* walk(filesOf({ "index.html": "home" }), "addresses")
      yield* deploy.through("stage")
      const preview = new URL((yield* deploy.address("previewUrl")) ?? "")
      assert.strictEqual(preview.hostname, previewHost(deploy))
      assert.isNull(yield* deploy.address("productionUrl"))
      assert.strictEqual((yield* ask(preview.host, "/")).text, "home")
      assert.deepStrictEqual(yield* home("addresses"), noSite)
      yield* deploy.run("switch")
      const production = new URL((yield* deploy.address("productionUrl")) ?? "")
      assert.deepStrictEqual([production.hostname, production.port], ["addresses.localhost", preview.port])
    })
  )

  it.effect("every step may be run again, and ends as if it had run once", () =>
    Effect.gen(function* () {
      yield* deployed("twice", { "index.html": "first" })
      const deploy = yield* walk(filesOf({ "index.html": "second", "docs/a.html": "a" }), "twice")
      for (const step of steps) assert.deepStrictEqual(yield* deploy.run(step), yield* deploy.run(step))
      assert.deepStrictEqual(yield* home("twice"), [200, "second"])
      assert.strictEqual(yield* deploy.undo("switch"), "reverted")
      assert.deepStrictEqual(yield* home("twice"), [200, "first"])
    })
  )

  it.effect("a plan that runs again from the start still knows what was live before", () =>
    Effect.gen(function* () {
      yield* deployed("rerun", { "index.html": "first" })
      const deploy = yield* deployed("rerun", { "index.html": "second" })
      yield* deploy.through("verify")
      assert.strictEqual(yield* deploy.undo("switch"), "reverted")
      assert.deepStrictEqual(yield* home("rerun"), [200, "first"])
    })
  )

  it.effect("progress ends at the whole, with few reports on the way", () =>
    Effect.gen(function* () {
      const chunks = Array.from({ length: 2000 }, () => new Uint8Array(100))
      const large = { ...fileOf("large.bin", new Uint8Array(200_000)), content: Stream.fromIterable(chunks) }
      const deploy = yield* walk([large], "progress")
      yield* deploy.through("stage")
      assert.deepStrictEqual(deploy.progress.at(-1), { done: 200_000, total: 200_000, unit: "bytes" })
      assert.strictEqual(deploy.progress.length, 100)
    })
  )

  for (const forget of [false, true]) {
    it.effect(`undoing puts the earlier site back${forget ? ", also when the crash took the output" : ""}`, () =>
      Effect.gen(function* () {
        const name = forget ? "forgotten" : "reverted"
        const first = yield* deployed(name, { "index.html": "first" })
        const second = yield* deployed(name, { "index.html": "second" })
        assert.strictEqual(yield* second.undo("switch", forget), "reverted")
        assert.strictEqual(yield* second.undo("stage", forget), "discarded")
        assert.deepStrictEqual(yield* home(name), [200, "first"])
        assert.strictEqual((yield* ask(previewHost(first), "/")).text, "first")
        assert.strictEqual((yield* ask(previewHost(second), "/")).status, 404)
      })
    )
  }

  it.effect("undoing a site's first deploy takes it down", () =>
    Effect.gen(function* () {
      const deploy = yield* deployed("first", { "index.html": "home" })
      assert.strictEqual(yield* deploy.undo("switch"), "discarded")
      assert.strictEqual(yield* deploy.undo("stage"), "discarded")
      assert.deepStrictEqual(yield* home("first"), noSite)
    })
  )

  it.effect("undoing again changes nothing and says the same", () =>
    Effect.gen(function* () {
      yield* deployed("undone", { "index.html": "first" })
      const deploy = yield* deployed("undone", { "index.html": "second" })
      for (const _ of ["once", "twice"]) {
        assert.strictEqual(yield* deploy.undo("switch"), "reverted")
        assert.strictEqual(yield* deploy.undo("stage"), "discarded")
        assert.deepStrictEqual(yield* home("undone"), [200, "first"])
      }
    })
  )

  it.effect("a deploy stopped before the switch leaves production alone", () =>
    Effect.gen(function* () {
      yield* deployed("stopped", { "index.html": "first" })
      const deploy = yield* walk(filesOf({ "index.html": "second" }), "stopped")
      yield* deploy.through("stage")
      assert.strictEqual(yield* deploy.undo("switch"), "discarded")
      assert.strictEqual(yield* deploy.undo("stage"), "discarded")
      assert.deepStrictEqual(yield* home("stopped"), [200, "first"])
    })
  )

  it.effect("a deploy that a later one has followed is not undone over it", () =>
    Effect.gen(function* () {
      yield* deployed("followed", { "index.html": "first" })
      const second = yield* deployed("followed", { "index.html": "second" })
      yield* deployed("followed", { "index.html": "third" })
      yield* second.undo("switch")
      assert.deepStrictEqual(yield* home("followed"), [200, "third"])
    })
  )

  it.effect("the files of what is live are never removed", () =>
    Effect.gen(function* () {
      const deploy = yield* deployed("kept", { "index.html": "home" })
      assert.strictEqual(yield* deploy.undo("stage"), "unresolved")
      assert.deepStrictEqual(yield* home("kept"), [200, "home"])
    })
  )

  it.effect.each(["", "Shop", "shop_1", "-shop", "shop-", "shop.x", "../shop", "shöp", "a".repeat(41), "a\n"])(
    "an entity named %j is refused before anything runs",
    (name) =>
      Effect.gen(function* () {
        const { plan } = yield* DeployTarget
        const error = yield* Effect.flip(plan(requestFor(ArtifactLocator.make("none"), name, "app_1")))
        assert.strictEqual(error._tag, "TargetRejected")
        assert.include(error.message, `"${name}"`)
      })
  )

  it.effect("an entity can't take over a site on which another is live", () =>
    Effect.gen(function* () {
      const late = yield* walk(filesOf({ "index.html": "stolen" }), "owned", "app_late")
      yield* late.through("stage")
      yield* deployed("owned", { "index.html": "first" })
      assert.strictEqual((yield* Effect.flip(late.run("switch"))).code, "target_rejected")
      const thief = yield* walk(filesOf({ "index.html": "stolen" }), "owned", "app_thief")
      const error = yield* Effect.flip(thief.run("prepare"))
      assert.deepStrictEqual([error.code, error.retryable], ["target_rejected", false])
      assert.deepStrictEqual(yield* home("owned"), [200, "first"])
    })
  )

  it.effect("verifying names the address that is served otherwise", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { root } = yield* Publication
      const deploy = yield* walk(filesOf({ "index.html": "home", "docs/a b.html": "right" }), "tampered")
      yield* deploy.through("switch")
      const file = `${root}/tampered/deploys/${deploy.request.deploy.id}/docs/a b.html`
      yield* fs.writeFileString(file, "wrong")
      const changed = yield* Effect.flip(deploy.run("verify"))
      assert.include(changed.message, `${previewHost(deploy)}/docs/a%20b.html differs from the artifact`)
      assert.deepStrictEqual([changed.code, changed.retryable], ["step_failed", false])
      yield* fs.remove(file)
      assert.include((yield* Effect.flip(deploy.run("verify"))).message, "answers 404 instead of 200")
    })
  )

  it.effect("verifying sees that production serves another deploy", () =>
    Effect.gen(function* () {
      yield* deployed("behind", { "index.html": "first" })
      const deploy = yield* walk(filesOf({ "index.html": "second" }), "behind")
      yield* deploy.through("stage")
      const error = yield* Effect.flip(deploy.run("verify"))
      // The index is compared under both of its addresses at once, and either may be answered first.
      assert.match(error.message, /^http:\/\/behind\.localhost\/(index\.html)? differs from the artifact/)
    })
  )

  it.effect("an invalid artifact fails for good, an unavailable one does not", () =>
    Effect.gen(function* () {
      const file = fileOf("index.html", "home")
      const invalid = new ArtifactInvalid({ reason: "changed", path: "index.html", detail: "It has 3 bytes, not 4" })
      const changed = yield* walk([{ ...file, content: Stream.fail(invalid) }], "artifacts")
      const first = yield* Effect.flip(changed.through("stage"))
      assert.deepStrictEqual([first.code, first.retryable], ["artifact_invalid", false])
      assert.strictEqual(first.message, "index.html: It has 3 bytes, not 4")
      const away = new ArtifactUnavailable({ cause: new Error("EIO: i/o error, read") })
      const unavailable = yield* walk([{ ...file, content: Stream.fail(away) }], "artifacts")
      const second = yield* Effect.flip(unavailable.through("stage"))
      assert.deepStrictEqual([second.code, second.retryable], ["step_failed", true])
      assert.include(second.message, "EIO: i/o error, read")
    })
  )

  it.effect("an artifact that can't be files is refused before anything is written", () =>
    Effect.gen(function* () {
      const deploy = yield* walk([fileOf("a/b", "x"), fileOf("a", "y")], "clash")
      const error = yield* Effect.flip(deploy.run("prepare"))
      assert.deepStrictEqual([error.code, error.retryable], ["artifact_invalid", false])
      assert.match(error.message, /^a: /)
    })
  )

  it("a huge site is verified by its index and an even spread", () => {
    const files = filesOf(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`p/${index}`, ""])))
    const pages = pagesOf([...files, fileOf("index.html", "home")], 100)
    assert.strictEqual(pages.length, 101)
    assert.strictEqual(pages[0]?.pathname, "/")
    const places = pages
      .slice(1)
      .map(({ file }) => files.indexOf(file))
      .filter((index) => index >= 0)
    const gaps = places.slice(1).map((place, index) => place - (places[index] ?? 0))
    assert.isTrue(gaps.every((gap) => gap === 50 || gap === 51))
  })
})
