import { CatalogRegistry, EntityId, IdGenerator, readScope } from "@deploys/core"
import { toProblem } from "@deploys/http"
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
    const registry = yield* CatalogRegistry
    const ids = yield* IdGenerator
    const visible = yield* catalogAccess
    return handlers.handleAll({
      list: Effect.fn("AppsApi.list")(function* () {
        return { data: yield* registry.entities(readScope(yield* CurrentPrincipal)) }
      }, Effect.mapError(toProblem)),
      create: Effect.fn("AppsApi.create")(
        function* ({ payload: { kind = "app", name, workspaceId } }) {
          yield* visible.workspace(workspaceId)
          yield* requireRight(yield* CurrentPrincipal, "admin", workspaceId)
          return yield* registry.addEntity({ id: EntityId.make(yield* ids.next("app")), workspaceId, kind, name })
        },
        Effect.mapError((error) =>
          error._tag === "NameTaken" ? new NameTaken({ detail: error.message }) : toProblem(error)
        )
      ),
      get: Effect.fn("AppsApi.get")(({ params }) => visible.app(params.id), Effect.mapError(toProblem))
    })
  })
)
