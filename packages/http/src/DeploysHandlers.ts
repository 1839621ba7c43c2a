import { DeployEngine } from "@deploys/core"
import { Effect } from "effect"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { Api, CurrentPrincipal, toListOptions } from "./api/index.ts"
import { BasePath } from "./BasePath.ts"
import { toProblem } from "./CoreErrors.ts"
import * as EventStream from "./EventStream.ts"

/** Serves the group `deploys` from `DeployEngine`. */
export const layer = HttpApiBuilder.group(
  Api,
  "deploys",
  Effect.fn(function* (handlers) {
    const engine = yield* DeployEngine
    return handlers.handleAll({
      list: Effect.fn("DeploysApi.list")(function* ({ query }) {
        return yield* engine.list(yield* CurrentPrincipal, toListOptions(query))
      }, Effect.mapError(toProblem)),
      create: Effect.fn("DeploysApi.create")(function* ({ payload }) {
        const deploy = yield* engine.create(yield* CurrentPrincipal, payload)
        const location = `${yield* BasePath}/api/deploys/${deploy.id}`
        return HttpApiSchema.withHeaders({ body: deploy, headers: { location } })
      }, Effect.mapError(toProblem)),
      get: Effect.fn("DeploysApi.get")(function* ({ params }) {
        return yield* engine.get(yield* CurrentPrincipal, params.id)
      }, Effect.mapError(toProblem)),
      cancel: Effect.fn("DeploysApi.cancel")(function* ({ params, payload }) {
        yield* engine.cancel(yield* CurrentPrincipal, params.id, payload ?? {})
        return { success: true as const }
      }, Effect.mapError(toProblem)),
      events: Effect.fn("DeploysApi.events")(function* ({ headers, params }) {
        const principal = yield* CurrentPrincipal
        yield* engine.get(principal, params.id)
        return yield* EventStream.toResponse(
          engine.events(principal, params.id, { after: headers["last-event-id"] ?? 0 })
        )
      }, Effect.mapError(toProblem))
    })
  })
)
