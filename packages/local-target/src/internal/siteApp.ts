import { Effect, type FileSystem, Option, Path } from "effect"
import { Headers, HttpServerRequest, HttpServerResponse, HttpStaticServer, Mime } from "effect/http"
import { Publication } from "../Publication.ts"
import * as SiteHost from "../SiteHost.ts"
import { findFile, locate } from "./siteFiles.ts"

const plain = (status: number, text: string, headers: Record<string, string> = {}) =>
  HttpServerResponse.text(`${text}\n`, { status, headers })

const noSite = plain(404, "404: No site is served at this address.")
const notFound = plain(404, "404: This site has no such page.")
const wrongMethod = plain(405, "405: Sites are read with GET and HEAD.", { allow: "GET, HEAD" })

// A deploy that is put back has older files than the one before it, so the time of a change tells a client nothing.
const byTime = ["if-modified-since", "if-unmodified-since"]
// What would turn the page that says "not found" into a part of itself, or into "not modified".
const conditional = [...byTime, "if-match", "if-none-match", "if-range", "range"]

const finish = (response: HttpServerResponse.HttpServerResponse) =>
  response.pipe(
    HttpServerResponse.removeHeader("last-modified"),
    HttpServerResponse.setHeaders({ "cache-control": "no-cache", "x-content-type-options": "nosniff" })
  )

/** Answers every request for a site of the `Publication`, by its `Host`. */
export const makeSiteApp = Effect.gen(function* () {
  const path = yield* Path.Path
  const publication = yield* Publication
  const services = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const files = yield* HttpStaticServer.make({ root: publication.root })

  /** Hands a file, found and checked, to the static server, whose own rules of paths and folders then have no say. */
  const send = Effect.fnUntraced(function* (
    request: HttpServerRequest.HttpServerRequest,
    file: string,
    without: ReadonlyArray<string>
  ) {
    const parts = path.relative(publication.root, file).split(path.sep)
    const url = `/${parts.map(encodeURIComponent).join("/")}`
    const inner = request.modify({ url, headers: Headers.removeMany(request.headers, without) })
    const response = yield* Effect.provideService(files, HttpServerRequest.HttpServerRequest, inner)
    if (response.headers["content-type"] !== "application/octet-stream") return response
    const type = Option.getOrElse(Mime.getType(file), () => "application/octet-stream")
    return HttpServerResponse.setHeader(response, "content-type", type)
  })

  const folderFor = Effect.fnUntraced(function* ({ deployId, name }: SiteHost.SiteHost) {
    const id = deployId ?? (yield* publication.live(name))?.deployId
    return id === undefined ? null : publication.folder(name, id)
  })

  const respond = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const site = SiteHost.fromHeader(request.headers["host"] ?? "")
    if (Option.isNone(site)) return noSite
    if (request.method !== "GET" && request.method !== "HEAD") return wrongMethod
    const folder = yield* folderFor(site.value)
    if (folder === null) return noSite
    const found = yield* locate(folder, request.url)
    if (found._tag === "File") return yield* send(request, found.path, byTime)
    if (found._tag === "Redirect") return HttpServerResponse.redirect(found.location, { status: 302 })
    const page = yield* findFile(folder, "404.html")
    if (Option.isNone(page)) return notFound
    return HttpServerResponse.setStatus(yield* send(request, page.value, conditional), 404)
  })

  return HttpServerRequest.HttpServerRequest.use(respond).pipe(Effect.map(finish), Effect.provide(services))
})
