import { FakePages } from "@deploys/pages-target/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { headersFor, readHeaders, readRedirects, redirectFor } from "../src/testing/siteRules.ts"
import { Artifacts, deploy, fetchSite, filesOf, host } from "./support/host.ts"

const Name = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(12),
  Schema.isPattern(/^[^/\\\p{Cc}\p{Cs}]+$/u),
  Schema.makeFilter((name: string) => name !== "." && name !== "..")
)
const Path = Schema.NonEmptyArray(Name).check(Schema.isMaxLength(3))
const Tree = Schema.Array(
  Schema.Tuple([Path, Schema.Literals(["", ".html", ".css", "/index.html"]), Schema.Uint8Array])
)

const special = new Set([
  "_headers",
  "_redirects",
  "_worker.js",
  "_worker.bundle",
  "_routes.json",
  "functions",
  ".wrangler"
])
const ignored = new Set(["node_modules", ".git", ".DS_Store"])

/** A tree without what is not served, and where no file is a folder too. */
const servable = (entries: typeof Tree.Type) => {
  const files = new Map<string, Uint8Array>()
  for (const [parts, end, bytes] of entries) {
    const path = parts.join("/") + end
    const folders = path.split("/").map((_, index, all) => all.slice(0, index + 1).join("/"))
    const clashes =
      folders.some((folder) => files.has(folder)) || [...files.keys()].some((other) => other.startsWith(`${path}/`))
    const isSpecial = special.has(path.split("/")[0] ?? "") || path.split("/").some((part) => ignored.has(part))
    // Cloudflare leads from `.html` to the folder that it stands in.
    if (!clashes && !isSpecial && !/(^|\/)\.html$/.test(path)) files.set(path, bytes)
  }
  return files
}

let runs = 0

layer(host({}, { verifyFiles: 1000 }), { excludeTestServices: true })("a site on the fake", (it) => {
  it.effect.prop(
    "equals its artifact byte for byte, whatever is in it",
    [Tree],
    ([entries]) =>
      Effect.gen(function* () {
        const files = servable(entries)
        files.set("index.html", new TextEncoder().encode("<h1>home</h1>"))
        const name = `tree-${++runs}`
        const { put } = yield* Artifacts
        put(name, filesOf(Object.fromEntries(files)))
        const { deploy: ended } = yield* deploy(name, name)
        assert.strictEqual(ended.status, "completed", ended.error ?? "")
        for (const [path, bytes] of files) {
          const { body, status } = yield* fetchSite(ended.productionUrl ?? "", path)
          assert.deepStrictEqual([status, Buffer.from(body)], [200, Buffer.from(bytes)], path)
        }
      }),
    { arbitrary: { runs: 25 } }
  )

  it.effect("has the headers and redirects that it brings", () =>
    Effect.gen(function* () {
      const { put } = yield* Artifacts
      const site = {
        "index.html": "home",
        "docs/page.html": "page",
        _headers: "/docs/*\n  X-Docs: yes\n  Cache-Control: max-age=60\n/*\n  X-All: 1\n",
        _redirects: "/old/* /docs/:splat 301\n/alias /docs/page 200\n"
      }
      put("rules", filesOf(site))
      const { deploy: ended } = yield* deploy("rules", "rules")
      const url = ended.productionUrl ?? ""
      const page = yield* fetchSite(url, "docs/page")
      assert.deepStrictEqual(
        [page.headers["x-docs"], page.headers["x-all"], page.headers["cache-control"]],
        ["yes", "1", "max-age=60"]
      )
      const text = Effect.map(fetchSite(url, "old/page"), ({ body }) => new TextDecoder().decode(body))
      assert.strictEqual(yield* text, "page")
      assert.strictEqual((yield* fetchSite(url, "alias")).status, 200)
      const { calls } = yield* FakePages
      assert.isAbove((yield* calls).length, 0)
    })
  )
})

describe("the rules of a site", () => {
  it("join headers of one name, and take away what is marked so", () => {
    const rules = readHeaders("# note\n/a/:id\n  Link: </:id>\n/a/*\n  Link: <x>\n  ! Server\n")
    assert.deepStrictEqual(headersFor(rules, "/a/7", { server: "cloudflare" }), { link: "</7>, <x>" })
    assert.deepStrictEqual(headersFor(rules, "/b", { server: "cloudflare" }), { server: "cloudflare" })
  })

  it("lead from static paths before dynamic ones, to 302 unless they say otherwise", () => {
    const rules = readRedirects("/blog/* /news/:splat 301\n/blog/one /first\n/u/:name /users/:name 307\n")
    assert.deepStrictEqual(redirectFor(rules, "/blog/one"), { to: "/first", status: 302 })
    assert.deepStrictEqual(redirectFor(rules, "/blog/two/x"), { to: "/news/two/x", status: 301 })
    assert.deepStrictEqual(redirectFor(rules, "/u/ada"), { to: "/users/ada", status: 307 })
    assert.isUndefined(redirectFor(rules, "/u/ada/x"))
  })
})
