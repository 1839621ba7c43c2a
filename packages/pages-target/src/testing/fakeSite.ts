import { Effect, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { hashAsset } from "../AssetHash.ts"
import type { FakeAccount, FakeDeployment } from "./fakeAccount.ts"
import { shortId } from "./fakeApi.ts"
import { headersFor, readHeaders, readRedirects, redirectFor } from "./siteRules.ts"

/** What a path of a site comes to. */
type Located =
  | { readonly _tag: "File"; readonly path: string; readonly status: number }
  | { readonly _tag: "Redirect"; readonly to: string }
  | { readonly _tag: "Missing" }

const missing: Located = { _tag: "Missing" }

/** The nearest `404.html` above; a site without one is taken for an app of one page. */
const notFound = (has: (path: string) => boolean, path: string): Located => {
  const folders = path.split("/").slice(0, -1)
  for (let depth = folders.length; depth > 0; depth--) {
    const page = `${folders.slice(0, depth).join("/")}/404.html`
    if (has(page)) return { _tag: "File", path: page, status: 404 }
  }
  return has("/index.html") ? { _tag: "File", path: "/index.html", status: 200 } : missing
}

/** Finds what Cloudflare Pages would serve: pages go without `.html` and `index`. */
export const locate = (has: (path: string) => boolean, path: string): Located => {
  const file = (name: string): Located => ({ _tag: "File", path: name, status: 200 })
  const redirect = (to: string): Located => ({ _tag: "Redirect", to })
  if (path.endsWith("/")) {
    if (has(`${path}index.html`)) return file(`${path}index.html`)
    return has(`${path.slice(0, -1)}.html`) ? redirect(path.slice(0, -1)) : notFound(has, path)
  }
  if (has(path)) {
    if (!path.endsWith(".html")) return file(path)
    const bare = path.slice(0, -".html".length)
    if (bare.endsWith("/index")) return redirect(bare.slice(0, -"index".length))
    return has(bare) || bare.endsWith("/") ? file(path) : redirect(bare)
  }
  if (path.endsWith("/index")) return redirect(path.slice(0, -"index".length))
  if (has(`${path}.html`)) return file(`${path}.html`)
  return has(`${path}/index.html`) ? redirect(`${path}/`) : notFound(has, path)
}

const decode = (path: string) =>
  Effect.orElseSucceed(Effect.try({ try: () => decodeURIComponent(path), catch: () => path }), () => path)

const encode = (path: string) => path.split("/").map(encodeURIComponent).join("/")

const text = (deployment: FakeDeployment, name: string) =>
  Buffer.from(deployment.special.get(name) ?? []).toString("utf8")

/** The file of a deployment, or 500 where its hash is not that of its bytes: so it is said to be at Cloudflare. */
const serve = Effect.fnUntraced(function* (
  account: FakeAccount,
  deployment: FakeDeployment,
  { path, status }: { readonly path: string; readonly status: number },
  asked: string
) {
  const hash = deployment.manifest.get(path) ?? ""
  const asset = account.assets.get(hash)
  if (asset === undefined || (yield* hashAsset(path, asset.bytes.length, Stream.succeed(asset.bytes))) !== hash)
    return HttpServerResponse.text("Internal Server Error", { status: 500 })
  const base = {
    "access-control-allow-origin": "*",
    "cache-control": "public, max-age=0, must-revalidate",
    "content-type": asset.contentType.startsWith("text/") ? `${asset.contentType}; charset=utf-8` : asset.contentType,
    etag: `"${hash}"`,
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-content-type-options": "nosniff"
  }
  const headers = headersFor(readHeaders(text(deployment, "_headers")), asked, base)
  return HttpServerResponse.uint8Array(asset.bytes, {
    status,
    headers,
    contentType: headers["content-type"] ?? "application/octet-stream"
  })
})

/** Answers a request for a deployment's site. Workers are not run: the files below them are served. */
export const serveSite = Effect.fnUntraced(function* (account: FakeAccount, deployment: FakeDeployment, url: URL) {
  const redirect = redirectFor(readRedirects(text(deployment, "_redirects")), url.pathname)
  if (redirect !== undefined && redirect.status !== 200)
    return HttpServerResponse.redirect(redirect.to, { status: redirect.status })
  const asked = yield* decode(redirect?.to ?? url.pathname)
  const found = locate((path) => deployment.manifest.has(path), asked)
  if (found._tag === "Missing") return HttpServerResponse.text("Not Found", { status: 404 })
  if (found._tag === "Redirect") return HttpServerResponse.redirect(`${encode(found.to)}${url.search}`, { status: 308 })
  return yield* serve(account, deployment, found, url.pathname)
})

/** The deployment that a host name stands for: `{short id}.{project}.localhost`, or production at `{project}.localhost`. */
export const deploymentFor = Effect.fnUntraced(function* (account: FakeAccount, host: string) {
  const [, short, project = ""] = /^(?:([0-9a-f]{8})\.)?([a-z0-9-]+)\.localhost(?::\d+)?$/.exec(host) ?? []
  const row = yield* account.rowOf(project)
  return row?.deployments.find((one) => (short === undefined ? one.id === row.liveId : shortId(one) === short))
})
