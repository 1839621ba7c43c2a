import { type InputFault, inputFaults, InvalidInput } from "@deploys/core"
import { Array, Context, Effect, Layer, Schema } from "effect"
import type { SchemaAST, SchemaIssue } from "effect"
import {
  HttpRouter,
  HttpServerRequest,
  HttpServerRespondable,
  type HttpServerResponse,
  ProblemDetails
} from "effect/http"
import { type HttpApiEndpoint, HttpApiError } from "effect/http-api"
import { Problems, QueryFaults, StrictInput, strictParsing } from "./api/index.ts"
import * as InputFaults from "./InputFaults.ts"

/** An answer lists no more faults than this: it is not to grow far beyond its request. */
const maxFaults = 100

/** The problem that lists these faults. */
export const invalid = (faults: Array.NonEmptyReadonlyArray<InputFault>) =>
  new Problems.InvalidRequest({
    detail: "The request is not valid",
    errors: [faults[0], ...faults.slice(1, maxFaults)]
  })

/** Fails with the faults, if there are any. */
export const refuse = (faults: ReadonlyArray<InputFault>) => {
  // Two checks may find the same fault, each in its words.
  const found = Array.dedupeWith(faults, (a, b) => a.path === b.path && a.code === b.code)
  return Array.isReadonlyArrayNonEmpty(found) ? Effect.fail(invalid(found)) : Effect.void
}

/** The faults that a schema finds in one part of a request; it runs with the services of the endpoint's group. */
const faultsOf = (
  schema: Schema.Top | undefined,
  options: SchemaAST.ParseOptions,
  input: unknown,
  told: (issue: SchemaIssue.Issue) => ReadonlyArray<InputFault> = (issue) => inputFaults(issue)
) =>
  schema === undefined
    ? Effect.succeed<ReadonlyArray<InputFault>>([])
    : Effect.contextWith((context: Context.Context<never>) =>
        Schema.decodeUnknownEffect(
          schema,
          options
        )(input).pipe(
          Effect.match({ onFailure: (error) => told(error.issue), onSuccess: () => [] }),
          Effect.provideContext(Context.makeUnsafe<unknown>(context.mapUnsafe))
        )
      )

const parse = Schema.decodeOption(Schema.fromJsonString(Schema.Unknown))

const notJson = { path: "", code: "json", message: "is not JSON" }

/** The JSON of a body that `JsonBody` has let pass; null where there is no body. */
export const readJson = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<unknown, InvalidInput> =>
  Effect.flatMap(Effect.orDie(request.text), (text) =>
    text === ""
      ? Effect.succeed(null)
      : Effect.mapError(Effect.fromOption(parse(text)), () => new InvalidInput({ faults: [notJson] }))
  )

const bodyFaults = Effect.fnUntraced(function* (
  endpoint: HttpApiEndpoint.Top,
  request: HttpServerRequest.HttpServerRequest
) {
  const declared = endpoint.payload.get("application/json")
  if (declared === undefined) return []
  return yield* readJson(request).pipe(
    Effect.flatMap((body) => faultsOf(Schema.Union(declared.schemas), strictParsing, body)),
    Effect.catchTag("InvalidInput", ({ faults }) => Effect.succeed(faults))
  )
})

/** All faults of a request but for its body. */
const headFaults = Effect.fnUntraced(function* (endpoint: HttpApiEndpoint.Top) {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const query = yield* HttpServerRequest.ParsedSearchParams
  const parts = yield* Effect.all([
    faultsOf(endpoint.params, strictParsing, yield* HttpRouter.params),
    faultsOf(endpoint.headers, { errors: "all" }, headers),
    faultsOf(endpoint.query, strictParsing, query, (issue) => InputFaults.ofParameters(query, issue))
  ])
  const ofValues = Context.getOrUndefined(endpoint.annotations, QueryFaults)?.(query) ?? []
  return [...parts.flat(), ...ofValues]
})

/** An answer of ours that does not fit its schema is a defect. A request is at fault with at least what was found first. */
const refuseAll = Effect.fnUntraced(function* (endpoint: HttpApiEndpoint.Top, error: HttpApiError.HttpApiSchemaError) {
  if (error.kind === "Body" || error.kind === "ResponseHeaders") return yield* Effect.die(error)
  const body = yield* bodyFaults(endpoint, yield* HttpServerRequest.HttpServerRequest)
  yield* refuse([...(yield* headFaults(endpoint)), ...body])
  yield* refuse(inputFaults(error.cause.issue))
  return yield* Effect.die(error)
})

/** The problem of a body over this many bytes. */
export const tooLarge = (maxBytes: number) =>
  new Problems.PayloadTooLarge({ detail: `The body is larger than ${maxBytes} bytes`, maxBytes })

/** Bodies that effect refuses by itself, on endpoints without `JsonBody`, it refuses without a problem. */
const explain = (endpoint: HttpApiEndpoint.Top, { headers, status }: HttpServerResponse.HttpServerResponse) => {
  if (headers["content-type"] === ProblemDetails.contentType) return undefined
  if (status === 413) return new Problems.PayloadTooLarge({ detail: "The body is too large" })
  return status === 415
    ? new Problems.UnsupportedMediaType({
        detail: "The body is of another type",
        accepted: [...endpoint.payload.keys()]
      })
    : undefined
}

/** Layer of `StrictInput`. */
export const layer = Layer.succeed(
  StrictInput,
  Effect.fnUntraced(function* (httpEffect, { endpoint }) {
    const query = yield* HttpServerRequest.ParsedSearchParams
    yield* refuse(InputFaults.ofQuerySize(query))
    const early = InputFaults.ofQuery(query, endpoint.query !== undefined)
    if (early.length > 0) yield* refuse([...early, ...(yield* headFaults(endpoint))])
    const response = yield* httpEffect.pipe(
      Effect.catch(
        Effect.fnUntraced(function* (error) {
          if (HttpApiError.HttpApiSchemaError.is(error)) return yield* refuseAll(endpoint, error)
          return HttpApiError.HttpApiPayloadTooLarge.is(error)
            ? yield* HttpServerRespondable.toResponse(tooLarge(Number(error.size)))
            : yield* Effect.fail(error)
        })
      )
    )
    const problem = explain(endpoint, response)
    return problem === undefined ? response : yield* HttpServerRespondable.toResponse(problem)
  })
)
