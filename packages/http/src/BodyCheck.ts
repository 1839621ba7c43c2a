import { ByteSize, Context, Effect, Layer, Option, Schema } from "effect"
import { Headers, HttpIncomingMessage, HttpServerRequest } from "effect/http"
import { JsonBody, OwnLimits, Problems } from "./api/index.ts"
import { invalid, refuse, tooLarge } from "./InputCheck.ts"
import * as InputFaults from "./InputFaults.ts"

const maxBytes = 64 * 1024

const unsupported = (detail: string) => new Problems.UnsupportedMediaType({ detail, accepted: ["application/json"] })

const isJson = (type: string) => /^\s*application\/json\s*(;|$)/i.test(type)

/** What the headers alone say. A body of no bytes has no type, whatever they say. */
const checkHeaders = ({ headers }: HttpServerRequest.HttpServerRequest) => {
  const type = headers["content-type"]
  if (Number(headers["content-length"]) > maxBytes) return Effect.fail(tooLarge(maxBytes))
  if (headers["content-encoding"] !== undefined) return Effect.fail(unsupported("The body must not be encoded"))
  return type === undefined || isJson(type) || headers["content-length"] === "0"
    ? Effect.void
    : Effect.fail(unsupported("The body is not application/json"))
}

const unreadable = { path: "", code: "invalid", message: "could not be read" }

/** How long a body may take to come in. */
const patience = "30 seconds"

/** The body is kept by the request, so the endpoint's own reading finds it under this limit. */
const readBody = (request: HttpServerRequest.HttpServerRequest) =>
  request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxBytes)),
    Effect.mapError(({ reason }) =>
      reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
        ? tooLarge(maxBytes)
        : invalid([unreadable])
    ),
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => new Problems.RequestTimeout({ detail: `The body was not in within ${patience}` })
    })
  )

const parse = Schema.decodeOption(Schema.fromJsonString(Schema.Unknown))

/** Layer of `JsonBody`. */
export const layer = Layer.succeed(
  JsonBody,
  Effect.fnUntraced(function* (httpEffect, { endpoint }) {
    const request = yield* HttpServerRequest.HttpServerRequest
    yield* checkHeaders(request)
    if (request.headers["content-length"] === "0") {
      const untyped = request.modify({ headers: Headers.remove(request.headers, "content-type") })
      return yield* Effect.provideService(httpEffect, HttpServerRequest.HttpServerRequest, untyped)
    }
    const text = yield* readBody(request)
    const body = Context.get(endpoint.annotations, OwnLimits) ? Option.none() : parse(text)
    if (Option.isSome(body)) yield* refuse(InputFaults.ofText(body.value))
    return yield* httpEffect
  })
)
