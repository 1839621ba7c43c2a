import { Cause, Effect, Option } from "effect"
import { HttpServerError, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { Problems } from "./api/index.ts"
import { RequestId } from "./RequestId.ts"

type MethodsOf = (url: string) => ReadonlyArray<string>

/** The answer to an address without a route for its method: 405 with `Allow` where other methods have one, else 404. */
const unrouted = Effect.fnUntraced(function* (methodsOf: MethodsOf) {
  const { method, url } = yield* HttpServerRequest.HttpServerRequest
  const methods = methodsOf(url)
  if (methods.length === 0) {
    return yield* HttpServerRespondable.toResponse(new Problems.NotFound({ detail: "Nothing is served here" }))
  }
  const problem = new Problems.MethodNotAllowed({ detail: `This is not served for ${method}` })
  return HttpServerResponse.setHeader(yield* HttpServerRespondable.toResponse(problem), "allow", methods.join(", "))
})

/** What happened goes to the log alone; the answer names the request under which it stands there. */
const internal = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
  yield* Effect.logError("A request ended in a defect", cause)
  const requestId = yield* RequestId
  return yield* HttpServerRespondable.toResponse(
    new Problems.InternalError({ detail: "The server failed; its log says why", requestId })
  )
})

const recover = Effect.fnUntraced(function* <E>(cause: Cause.Cause<E>, methodsOf: MethodsOf) {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (HttpServerError.isHttpServerError(error) && error.reason._tag === "RouteNotFound")
    return yield* unrouted(methodsOf)
  const die = cause.reasons.find(Cause.isDieReason)
  return die === undefined || HttpServerResponse.isHttpServerResponse(die.defect)
    ? yield* Effect.failCause(cause)
    : yield* internal(cause)
})

/** Answers what no route answers, and defects, as problems. */
export const withFallback =
  (methodsOf: MethodsOf) =>
  <E, R>(httpEffect: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.catchCause(httpEffect, (cause) => recover(cause, methodsOf))
