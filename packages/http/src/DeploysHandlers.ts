import { type CreatedDeploy, DeployEngine } from "@deploys/core"
import { Effect, Struct } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { Api, CurrentPrincipal, decodeListQuery, decodeSearchDeploys } from "./api/index.ts"
import { BasePath } from "./BasePath.ts"
import { failWithProblem } from "./CoreErrors.ts"
import * as EventStream from "./EventStream.ts"
import { readJson } from "./InputCheck.ts"

const onceOptions = (headers: { readonly "idempotency-key"?: string }) => {
  const { "idempotency-key": idempotencyKey } = headers
  return idempotencyKey === undefined ? {} : { idempotencyKey }
}

const created = Effect.fnUntraced(function* (deploy: CreatedDeploy) {
  const location = `${yield* BasePath}/api/deploys/${deploy.id}`
  return HttpApiSchema.withHeaders({
    body: Struct.omit(deploy, ["replayed"]),
    headers: { location, ...(deploy.replayed ? { "idempotency-replayed": "true" as const } : {}) }
  })
})

/** A body that is JSON already. */
const jsonText = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

/** Serves the group `deploys` from `DeployEngine`. */
export const layer = HttpApiBuilder.group(
  Api,
  "deploys",
  Effect.fn(function* (handlers) {
    const engine = yield* DeployEngine
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
        return yield* created(yield* engine.create(yield* CurrentPrincipal, payload, onceOptions(headers)))
      }, Effect.catch(failWithProblem)),
      get: Effect.fn("DeploysApi.get")(function* ({ params }) {
        return yield* engine.get(yield* CurrentPrincipal, params.id)
      }, Effect.catch(failWithProblem)),
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
        yield* engine.get(principal, params.id)
        return yield* EventStream.toResponse(
          engine.events(principal, params.id, { after: headers["last-event-id"] ?? 0 })
        )
      }, Effect.catch(failWithProblem))
    })
  })
)
