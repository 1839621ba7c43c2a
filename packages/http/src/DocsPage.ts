import { Effect, Layer } from "effect"
import { Base64 } from "effect/encoding"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { type HttpApi, type HttpApiGroup, HttpApiScalar } from "effect/http-api"

/** The page comes from this server alone: it fetches no font and tells nobody that it was opened. */
const scalar = {
  hideClientButton: true,
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: "never",
  authentication: { preferredSecurityScheme: "bearer" }
}

const container = '<div id="api-reference-container">'

/** Read until the script has run, which takes seconds; the script puts the reference in its place. */
const meanwhile =
  '<p style="font-family: sans-serif; margin: 2em">Loading the API reference…<noscript> It needs JavaScript.</noscript></p>'

const scripts = /<script>(?<source>[^]*?)<\/script>/g

const sha256 = (bytes: Uint8Array<ArrayBuffer>) =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", bytes)),
    (digest) => Base64.encode(new Uint8Array(digest))
  )

const encoded = (text: string) => new TextEncoder().encode(text)

/** Scripts run that are in the page as it was made, and requests go to the page's own origin: those that a reader tries out. */
const policyOf = Effect.fnUntraced(function* (html: string) {
  const sources = [...html.matchAll(scripts)].map((match) => match.groups?.["source"] ?? "")
  const hashes = yield* Effect.forEach(sources, (source) => sha256(encoded(source)))
  return [
    "default-src 'none'",
    `script-src ${hashes.map((hash) => `'sha256-${hash}'`).join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; ")
})

const gzipped = (bytes: Uint8Array<ArrayBuffer>) =>
  Effect.promise(() =>
    new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer()
  )

interface Page {
  readonly plain: Uint8Array<ArrayBuffer>
  readonly gzip: Uint8Array<ArrayBuffer>
  readonly headers: { readonly etag: string; readonly [name: string]: string }
}

/** Three megabytes, with the script inlined: made when it is asked for first. */
const pageOf = Effect.fnUntraced(function* <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>
) {
  // A router of its own: the one that serves this request goes on without effect's route.
  const router = yield* HttpRouter.make
  const page = HttpApiScalar.layer(api, { path: "/*", scalar })
  yield* Effect.provideService(Layer.build(page), HttpRouter.HttpRouter, router)
  const response = yield* router.asHttpEffect()
  const made = yield* Effect.promise(() => HttpServerResponse.toWeb(response).text())
  const html = made.replace(container, container + meanwhile)
  const plain = encoded(html)
  return {
    plain,
    gzip: new Uint8Array(yield* gzipped(plain)),
    headers: {
      "cache-control": "no-cache",
      "content-security-policy": yield* policyOf(html),
      etag: `"${yield* sha256(plain)}"`,
      "referrer-policy": "no-referrer",
      vary: "accept-encoding"
    }
  } satisfies Page
})

const answer = ({ gzip, headers, plain }: Page, request: HttpServerRequest.HttpServerRequest) => {
  if (request.headers["if-none-match"] === headers.etag) return HttpServerResponse.empty({ status: 304, headers })
  const contentType = "text/html; charset=utf-8"
  return /\bgzip\b/.test(request.headers["accept-encoding"] ?? "")
    ? HttpServerResponse.uint8Array(gzip, { contentType, headers: { ...headers, "content-encoding": "gzip" } })
    : HttpServerResponse.uint8Array(plain, { contentType, headers })
}

/** A route with the API's OpenAPI document as a page for people, which needs no other server than this one. */
export const layer = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>,
  path: HttpRouter.PathInput
) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const page = yield* Effect.cached(Effect.uninterruptible(Effect.orDie(Effect.scoped(pageOf(api)))))
      yield* router.add("GET", path, (request) => Effect.map(page, (page) => answer(page, request)))
    })
  )
