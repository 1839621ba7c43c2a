import { CatalogRegistry, Forbidden, IdGenerator, readScope, WorkspaceId } from "@deploys/core"
import { failWithProblem } from "@deploys/http"
import { CurrentPrincipal } from "@deploys/http/api"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { ServerApi } from "./api/ServerApi.ts"

/** Serves the group `workspaces`. */
export const layer = HttpApiBuilder.group(
  ServerApi,
  "workspaces",
  Effect.fn(function* (handlers) {
    const registry = yield* CatalogRegistry
    const ids = yield* IdGenerator
    return handlers.handleAll({
      list: Effect.fn("WorkspacesApi.list")(function* () {
        return { data: yield* registry.workspaces(readScope(yield* CurrentPrincipal)) }
      }, Effect.catch(failWithProblem)),
      create: Effect.fn("WorkspacesApi.create")(function* ({ payload }) {
        const { everywhere } = yield* CurrentPrincipal
        if (!everywhere.includes("admin")) return yield* new Forbidden({ right: "admin", workspaceId: null })
        return yield* registry.addWorkspace({ id: WorkspaceId.make(yield* ids.next("ws")), name: payload.name })
      }, Effect.catch(failWithProblem))
    })
  })
)
