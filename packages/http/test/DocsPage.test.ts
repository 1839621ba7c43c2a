import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { Web } from "./support/Web.ts"

const policyOf = (headers: Headers) => headers.get("content-security-policy") ?? ""

layer(Web.layerOf({ basePath: "/deploys-api" }))("the page that shows the OpenAPI document", (it) => {
  const page = Effect.flatMap(Web, ({ send }) => send("GET", "/deploys-api/docs", { token: null }))

  it.effect("needs no token and holds the document and what shows it", () =>
    Effect.gen(function* () {
      const { headers, status, text } = yield* page
      assert.strictEqual(status, 200)
      assert.strictEqual(headers.get("content-type"), "text/html; charset=utf-8")
      assert.include(text, '"operationId":"deploys.rollback"')
      assert.include(text, '"servers":[{"url":"/deploys-api"}]')
      assert.notMatch(text, /<(script|link|img|iframe)[^>]*\s(src|href)=/)
    })
  )

  it.effect("says that it is loading ahead of the scripts, which take their time", () =>
    Effect.gen(function* () {
      const { text } = yield* page
      const body = text.slice(text.indexOf("<body>"), text.indexOf("<script>"))
      assert.match(body, /<div id="api-reference-container"><p[^>]*>Loading the API reference/)
      assert.include(body, "<noscript> It needs JavaScript.</noscript>")
    })
  )

  it.effect("runs its own scripts and no others, and asks no other server", () =>
    Effect.gen(function* () {
      const { headers, text } = yield* page
      const scripts = [...text.matchAll(/<script>([^]*?)<\/script>/g)].map(([, source = ""]) => source)
      assert.lengthOf(scripts, 2)
      const hashes = scripts.map((source) => `'sha256-${createHash("sha256").update(source).digest("base64")}'`)
      const policy = policyOf(headers)
      assert.include(policy, `script-src ${hashes.join(" ")};`)
      assert.include(policy, "default-src 'none';")
      assert.include(policy, "connect-src 'self';")
      assert.notMatch(policy, /unsafe-eval|https?:|\*/)
    })
  )

  it.effect("comes compressed to who takes it so, and once to who has it", () =>
    Effect.gen(function* () {
      const { handler, send } = yield* Web
      const request = new Request("http://localhost/deploys-api/docs", { headers: { "accept-encoding": "br, gzip" } })
      const response = yield* Effect.promise(() => handler(request))
      assert.strictEqual(response.headers.get("content-encoding"), "gzip")
      const unzipped = response.body?.pipeThrough(new DecompressionStream("gzip"))
      const { headers, text } = yield* page
      assert.strictEqual(yield* Effect.promise(() => new Response(unzipped).text()), text)
      const again = yield* send("GET", "/deploys-api/docs", {
        headers: { "if-none-match": headers.get("etag") ?? "" }
      })
      assert.strictEqual(again.status, 304)
      assert.strictEqual(again.text, "")
      assert.strictEqual(headers.get("cache-control"), "no-cache")
      assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
    })
  )

  it.effect("is served to no other method", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const posted = yield* send("POST", "/deploys-api/docs")
      assert.strictEqual(posted.status, 405)
      assert.strictEqual(posted.headers.get("allow"), "GET, HEAD")
      const head = yield* send("HEAD", "/deploys-api/docs")
      assert.strictEqual(head.status, 200)
      assert.strictEqual(head.text, "")
    })
  )
})

layer(Web.layerOf({ docsPath: "/reference" }))("the page at an address of the host's choice", (it) => {
  it.effect("leaves the usual one free", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      assert.strictEqual((yield* send("GET", "/reference")).status, 200)
      assert.strictEqual((yield* send("GET", "/docs")).status, 404)
    })
  )
})
