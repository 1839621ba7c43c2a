import { DeployId, EntityId } from "@deploys/core"
import { Publication, SiteHost, SiteServer } from "@deploys/local-target"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import { filesOf, type Tree } from "./support/artifacts.ts"
import { ask, server } from "./support/sites.ts"

const one = DeployId.make("dep_01j00000000000000000000001")
const two = DeployId.make("dep_01j00000000000000000000002")
const site: Tree = {
  "index.html": "home",
  "about.html": "about",
  "docs/index.html": "docs",
  "docs/guide.html": "guide",
  "both.html": "page",
  "both/index.html": "folder",
  "plain/file.txt": "text",
  "style.css": "body{}",
  "data.rss": "<rss/>",
  "no-ending": "bytes",
  "größe 100%.txt": "unicode",
  ".well-known/thing": "hidden",
  "404.html": "lost"
}

const publish = Effect.fnUntraced(function* (name: string, deployId: DeployId, tree: Tree = site) {
  const publication = yield* Publication
  const siteName = SiteHost.SiteName.make(name)
  yield* publication.stage(siteName, deployId, filesOf(tree), () => Effect.void)
  yield* publication.activate(siteName, { deployId, entityId: EntityId.make(`app_${name}`), previous: null })
  return publication.folder(siteName, deployId)
})

layer(server)("SiteServer", (it) => {
  it.effect.each([
    ["/", 200, "home"],
    ["/index.html", 200, "home"],
    ["/?a=b", 200, "home"],
    ["/about", 200, "about"],
    ["/about.html", 200, "about"],
    ["/about/", 404, "lost"],
    ["/docs/", 200, "docs"],
    ["/docs/guide", 200, "guide"],
    ["/both", 200, "page"],
    ["/both/", 200, "folder"],
    ["/plain", 404, "lost"],
    ["/plain/", 404, "lost"],
    ["/style.css/more", 404, "lost"],
    ["/gr%C3%B6%C3%9Fe%20100%25.txt", 200, "unicode"],
    ["/.well-known/thing", 200, "hidden"],
    ["/nothing", 404, "lost"]
  ] as const)("of a site, %j is what its files say", ([path, status, text]) =>
    Effect.gen(function* () {
      yield* publish("pages", one)
      const answer = yield* ask("pages.localhost", path)
      assert.deepStrictEqual([answer.status, answer.text], [status, text])
      assert.strictEqual(answer.headers["x-content-type-options"], "nosniff")
    })
  )

  it.effect("a folder with an index is led to its slash", () =>
    Effect.gen(function* () {
      yield* publish("slash", one)
      const answer = yield* ask("slash.localhost", "/docs?a=b?c")
      assert.deepStrictEqual([answer.status, answer.headers["location"]], [302, "/docs/?a=b?c"])
    })
  )

  it.effect.each([
    ["/", "text/html; charset=utf-8"],
    ["/style.css", "text/css; charset=utf-8"],
    ["/plain/file.txt", "text/plain; charset=utf-8"],
    ["/data.rss", "application/rss+xml"],
    ["/no-ending", "application/octet-stream"],
    ["/nothing", "text/html; charset=utf-8"]
  ] as const)("the type of %j goes by its ending", ([path, type]) =>
    Effect.gen(function* () {
      yield* publish("types", one)
      assert.strictEqual((yield* ask("types.localhost", path)).headers["content-type"], type)
    })
  )

  it.effect("HEAD answers as GET does, without the body", () =>
    Effect.gen(function* () {
      yield* publish("head", one)
      const answer = yield* ask("head.localhost", "/", { method: "HEAD" })
      assert.deepStrictEqual([answer.status, answer.headers["content-length"], answer.text], [200, "4", ""])
    })
  )

  it.effect.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("%s is refused, and told what is allowed", (method) =>
    Effect.gen(function* () {
      yield* publish("methods", one)
      const answer = yield* ask("methods.localhost", "/", { method })
      assert.deepStrictEqual([answer.status, answer.headers["allow"]], [405, "GET, HEAD"])
    })
  )

  it.effect("a client that has the file already gets no second copy", () =>
    Effect.gen(function* () {
      yield* publish("etags", one)
      const etag = String((yield* ask("etags.localhost", "/")).headers["etag"])
      const again = yield* ask("etags.localhost", "/", { headers: { "if-none-match": etag } })
      assert.deepStrictEqual([again.status, again.text, again.headers["etag"]], [304, "", etag])
      const lost = yield* ask("etags.localhost", "/nothing", { headers: { "if-none-match": "*" } })
      assert.deepStrictEqual([lost.status, lost.text], [404, "lost"])
    })
  )

  it.effect("a range of a file is served, and none of the missing page", () =>
    Effect.gen(function* () {
      yield* publish("ranges", one)
      const part = yield* ask("ranges.localhost", "/about.html", { headers: { range: "bytes=1-2" } })
      assert.deepStrictEqual([part.status, part.text, part.headers["content-range"]], [206, "bo", "bytes 1-2/5"])
      const lost = yield* ask("ranges.localhost", "/nothing", { headers: { range: "bytes=0-0" } })
      assert.deepStrictEqual([lost.status, lost.text], [404, "lost"])
    })
  )

  it.effect("a date never hides that an earlier deploy was put back", () =>
    Effect.gen(function* () {
      yield* publish("dates", one)
      const later = new Date(Date.UTC(2100, 0, 1)).toUTCString()
      const answer = yield* ask("dates.localhost", "/", { headers: { "if-modified-since": later } })
      assert.deepStrictEqual([answer.status, answer.text, answer.headers["last-modified"]], [200, "home", undefined])
    })
  )

  it.effect("previews stay what they were when a later deploy goes live", () =>
    Effect.gen(function* () {
      yield* publish("previews", one, { "index.html": "first" })
      yield* publish("previews", two, { "index.html": "second" })
      assert.strictEqual((yield* ask("previews.localhost", "/")).text, "second")
      assert.strictEqual((yield* ask("dep-01j00000000000000000000001.previews.localhost", "/")).text, "first")
      assert.strictEqual((yield* ask("dep-01j00000000000000000000002.previews.localhost", "/")).text, "second")
    })
  )

  it.effect.each(["nobody.localhost", "localhost", "127.0.0.1", "dep-01j00000000000000000000009.pages.localhost"])(
    "nothing is served for the host %s",
    (host) =>
      Effect.gen(function* () {
        yield* publish("pages", one)
        const answer = yield* ask(host, "/")
        assert.strictEqual(answer.status, 404)
        assert.match(answer.text, /^404: /)
      })
  )

  it.effect("a site without its own page for what is missing gets a plain one", () =>
    Effect.gen(function* () {
      yield* publish("bare", one, { "a.txt": "a" })
      const answer = yield* ask("bare.localhost", "/")
      assert.deepStrictEqual([answer.status, answer.text], [404, "404: This site has no such page.\n"])
    })
  )

  it.effect.each([
    "/../secret.txt",
    "/../../../secret.txt",
    "/..%2f..%2f..%2fsecret.txt",
    "/%2e%2e/%2e%2e/%2e%2e/secret.txt",
    "/docs/../../../../secret.txt",
    "/..%5c..%5csecret.txt",
    "/..\\..\\secret.txt",
    "/secret.txt%00.html",
    "/%00",
    "//secret.txt",
    "//etc/passwd",
    "///",
    "/./index.html",
    "/docs//guide",
    "/%",
    "/%ff",
    "/%c0%ae%c0%ae/secret.txt",
    "/%252e%252e/secret.txt",
    "/live.json",
    "/deploys/",
    "/linked.txt",
    "/linked/secret.txt",
    "/up/secret.txt",
    `/${"a".repeat(300)}`,
    `/${"a/".repeat(2000)}`,
    "*"
  ])("the path %j leads nowhere", (path) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { join } = yield* Path.Path
      const { root } = yield* Publication
      const folder = yield* publish("hostile", one)
      yield* fs.writeFileString(join(root, "secret.txt"), "secret")
      yield* fs.symlink(join(root, "secret.txt"), join(folder, "linked.txt"))
      yield* fs.symlink(root, join(folder, "linked"))
      yield* fs.symlink("../../..", join(folder, "up"))
      const answer = yield* ask("hostile.localhost", path)
      assert.deepStrictEqual([answer.status, answer.text], [404, "lost"])
      yield* fs.remove(folder, { recursive: true })
    })
  )

  it.effect("an address in full is read like its path and host", () =>
    Effect.gen(function* () {
      yield* publish("full", one)
      assert.strictEqual((yield* ask("nobody.localhost", "http://full.localhost/about")).text, "about")
    })
  )

  it.effect("it knows the port that it was given", () =>
    Effect.gen(function* () {
      const { origin, port } = yield* SiteServer
      assert.isAbove(port, 0)
      assert.strictEqual(origin, `http://127.0.0.1:${port}`)
    })
  )
})
