import { CatalogRegistry, DeployEngine, EntityId, IdGenerator, readScope } from "@deploys/core"
import { failWithProblem } from "@deploys/http"
import { CurrentPrincipal } from "@deploys/http/api"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { NameTaken } from "./api/CatalogProblems.ts"
import { ServerApi } from "./api/ServerApi.ts"
import { catalogAccess, requireRight } from "./CatalogAccess.ts"

/** Serves the group `apps`. */
export const layer = HttpApiBuilder.group(
  ServerApi,
  "apps",
  Effect.fn(function* (handlers) {
    const engine = yield* DeployEngine
    const registry = yield* CatalogRegistry
    const ids = yield* IdGenerator
    const visible = yield* catalogAccess
    return handlers.handleAll({
      list: Effect.fn("AppsApi.list")(function* () {
        return { data: yield* registry.entities(readScope(yield* CurrentPrincipal)) }
      }, Effect.catch(failWithProblem)),
      create: Effect.fn("AppsApi.create")(
        function* ({ payload: { kind = "app", name, workspaceId } }) {
          yield* visible.workspace(workspaceId)
          yield* requireRight(yield* CurrentPrincipal, "admin", workspaceId)
          return yield* registry.addEntity({ id: EntityId.make(yield* ids.next("app")), workspaceId, kind, name })
        },
        Effect.catchTags({
          NameTaken: (error) => Effect.fail(new NameTaken({ detail: error.message })),
          Forbidden: (error) => failWithProblem(error),
          NotFound: (error) => failWithProblem(error),
          StoreError: (error) => failWithProblem(error)
        })
      ),
      get: Effect.fn("AppsApi.get")(function* ({ params }) {
        const app = yield* visible.app(params.id)
        const { hold, liveDeployId, queuePolicy } = yield* engine.lane(yield* CurrentPrincipal, params.id)
        return { ...app, liveDeployId, hold, queuePolicy }
      }, Effect.catch(failWithProblem)),
      releaseHold: Effect.fn("AppsApi.releaseHold")(function* ({ params }) {
        yield* engine.releaseHold(yield* CurrentPrincipal, params.id)
      }, Effect.catch(failWithProblem))
    })
  })
)
