import { type CreatedDeploy, Deploy, DeployDetails, DeployEngine } from "@deploys/core"
import { Effect, Layer, Option, Schema, Struct } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { Api, CurrentAccess, CurrentPrincipal, decodeListQuery, decodeSearchDeploys } from "./api/index.ts"
import { BasePath } from "./BasePath.ts"
import { failWithProblem } from "./CoreErrors.ts"
import { isKnown, tagOf } from "./EntityTag.ts"
import * as EventStream from "./EventStream.ts"
import { type Applied, heldAnswer } from "./HeldAnswer.ts"
import { readJson } from "./InputCheck.ts"
import { OpenAnswers } from "./OpenAnswers.ts"
import { SharedFeeds } from "./SharedFeeds.ts"

const onceOptions = (headers: { readonly "idempotency-key"?: string }) => {
  const { "idempotency-key": idempotencyKey } = headers
  return idempotencyKey === undefined ? {} : { idempotencyKey }
}

const created = Effect.fnUntraced(function* ({ replayed, ...deploy }: CreatedDeploy, applied: Applied = {}) {
  const location = `${yield* BasePath}/api/deploys/${deploy.id}`
  return HttpApiSchema.withHeaders({
    body: deploy,
    headers: { location, ...(replayed ? { "idempotency-replayed": "true" as const } : {}), ...applied }
  })
})

const rowOf = (details: DeployDetails): Deploy => Struct.pick(details, Struct.keys(Deploy.fields))

/** A body that is JSON already. */
const jsonText = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

const detailsJson = Schema.encodeEffect(Schema.fromJsonString(DeployDetails))

/** The deploy under its tag, or that the caller has it already. */
const tagged = Effect.fnUntraced(function* (
  details: DeployDetails,
  options: { readonly ifNoneMatch: string | undefined; readonly applied: Applied }
) {
  const text = yield* Effect.orDie(detailsJson(details))
  const headers = { etag: tagOf(text), ...options.applied }
  return isKnown(options.ifNoneMatch, headers.etag)
    ? HttpServerResponse.empty({ status: 304, headers })
    : HttpServerResponse.setHeaders(jsonText(text), headers)
})

/** Serves the group `deploys` from `DeployEngine`. */
export const layer = HttpApiBuilder.group(
  Api,
  "deploys",
  Effect.fn(function* (handlers) {
    const engine = yield* DeployEngine
    const feeds = yield* SharedFeeds
    const open = yield* OpenAnswers
    const read = yield* heldAnswer
    const rest = handlers.handleRaw(
      "search",
      Effect.fnUntraced(function* ({ request }) {
        const options = yield* Effect.fromResult(decodeSearchDeploys(yield* readJson(request)))
        return jsonText(yield* engine.listJson(yield* CurrentPrincipal, options))
      }, Effect.catch(failWithProblem))
    )
    return rest.handleAll({
      // Without a span: the request has one.
      list: Effect.fnUntraced(function* ({ query }) {
        const options = yield* Effect.fromResult(decodeListQuery(query))
        return jsonText(yield* engine.listJson(yield* CurrentPrincipal, options))
      }, Effect.catch(failWithProblem)),
      create: Effect.fn("DeploysApi.create")(function* ({ headers, payload }) {
        const principal = yield* CurrentPrincipal
        const deploy = yield* engine.create(principal, payload, onceOptions(headers))
        if (headers.prefer === undefined) return yield* created(deploy)
        // It is created, whatever becomes of reading it again.
        const held = yield* Effect.option(read(principal, deploy.id, headers.prefer))
        if (Option.isNone(held)) return yield* created(deploy)
        const { applied, details } = held.value
        return yield* created({ ...rowOf(details), replayed: deploy.replayed }, applied)
      }, Effect.catch(failWithProblem)),
      get: Effect.fn("DeploysApi.get")(function* ({ params, request: { headers } }) {
        const { applied, details } = yield* read(yield* CurrentPrincipal, params.id, headers["prefer"])
        return yield* tagged(details, { applied, ifNoneMatch: headers["if-none-match"] })
      }),
      cancel: Effect.fn("DeploysApi.cancel")(function* ({ params, payload }) {
        yield* engine.cancel(yield* CurrentPrincipal, params.id, payload ?? {})
        return { success: true as const }
      }, Effect.catch(failWithProblem)),
      rollback: Effect.fn("DeploysApi.rollback")(function* ({ headers, params, payload }) {
        const options = { ...payload, ...onceOptions(headers) }
        return yield* created(yield* engine.rollback(yield* CurrentPrincipal, params.id, options))
      }, Effect.catch(failWithProblem)),
      events: Effect.fn("DeploysApi.events")(function* ({ headers, params }) {
        const principal = yield* CurrentPrincipal
        const { workspaceId } = yield* Effect.catch(engine.get(principal, params.id), failWithProblem)
        const { lost } = yield* CurrentAccess
        // Both within the request's scope, which ends with the stream.
        yield* open.hold(principal.subject)
        const after = headers["last-event-id"] ?? 0
        return yield* EventStream.respond(yield* feeds.reader(params.id, after, lost("read", workspaceId)))
      })
    })
  })
).pipe(Layer.provide([OpenAnswers.layer, SharedFeeds.layer]))
