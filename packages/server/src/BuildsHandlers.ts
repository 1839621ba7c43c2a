import { CatalogRegistry, jsonPointer } from "@deploys/core"
import { failWithProblem } from "@deploys/http"
import { CurrentPrincipal, Problems } from "@deploys/http/api"
import { Effect, Stream } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { archiveTypes } from "./api/BuildsApi.ts"
import { ServerApi } from "./api/ServerApi.ts"
import { ArchiveInvalid } from "./builds/ArchiveInvalid.ts"
import { BuildUploads } from "./builds/BuildUploads.ts"
import { keepingPace } from "./builds/UploadPace.ts"
import { catalogAccess, requireRight } from "./CatalogAccess.ts"

const listed = 100

const unsupported = (detail: string) => new Problems.UnsupportedMediaType({ detail, accepted: archiveTypes })

/** Whether the body is gzipped, by its type alone. */
const isGzip = Effect.fnUntraced(function* ({ headers }: HttpServerRequest.HttpServerRequest) {
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase()
  if (headers["content-encoding"] !== undefined)
    return yield* unsupported("The body must not be encoded beside its type")
  if (type !== archiveTypes[0] && type !== archiveTypes[1])
    return yield* unsupported(`The body is neither ${archiveTypes.join(" nor ")}`)
  return type === archiveTypes[1]
})

const cutShort = () => new ArchiveInvalid({ reason: "malformed", entry: null, detail: "The body could not be read" })

const bodyOf = (request: HttpServerRequest.HttpServerRequest) => keepingPace(Stream.mapError(request.stream, cutShort))

const refused = ({ entry, message, reason }: ArchiveInvalid) =>
  reason === "stalled"
    ? new Problems.RequestTimeout({ detail: message })
    : new Problems.InvalidRequest({
        detail: "The archive can't become a build",
        errors: [{ path: entry === null ? "" : jsonPointer([entry]), code: reason, message }]
      })

/** Serves the group `builds`. */
export const layer = HttpApiBuilder.group(
  ServerApi,
  "builds",
  Effect.fn(function* (handlers) {
    const registry = yield* CatalogRegistry
    const uploads = yield* BuildUploads
    const visible = yield* catalogAccess
    return handlers
      .handle(
        "list",
        Effect.fn("BuildsApi.list")(function* ({ params }) {
          yield* visible.app(params.id)
          return { data: yield* registry.builds(params.id, listed) }
        }, Effect.catch(failWithProblem))
      )
      .handleRaw(
        "upload",
        Effect.fn("BuildsApi.upload")(function* ({ params, query, request }) {
          const app = yield* Effect.catch(visible.app(params.id), failWithProblem)
          yield* Effect.catch(requireRight(yield* CurrentPrincipal, "deploy", app.workspaceId), failWithProblem)
          const gzip = yield* isGzip(request)
          return yield* uploads.upload({ entityId: app.id, about: query, gzip, body: bodyOf(request) }).pipe(
            Effect.catchTags({
              ArchiveInvalid: (error) => Effect.fail(refused(error)),
              StoreError: (error) => failWithProblem(error)
            })
          )
        })
      )
      .handle(
        "get",
        Effect.fn("BuildsApi.get")(
          ({ params }) => Effect.map(visible.build(params.id), ({ build }) => build),
          Effect.catch(failWithProblem)
        )
      )
  })
)
