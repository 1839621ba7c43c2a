import { Forbidden, InvalidInput, NotFound, type Timestamp, timestampNow, type TokenId } from "@deploys/core"
import { failWithProblem } from "@deploys/http"
import { CurrentPrincipal } from "@deploys/http/api"
import { type ApiToken, SqlTokens } from "@deploys/sql-store"
import { Effect, Option, Struct } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { ServerApi } from "./api/ServerApi.ts"
import { catalogAccess } from "./CatalogAccess.ts"
import { type Grant, hasSomewhere, missingToGrant, reachesNoFurther, reachOf, shownReach } from "./TokenReach.ts"

const shown = (token: ApiToken) => ({ ...Struct.omit(token, ["everywhere", "workspaces"]), ...shownReach(token) })

const forbidden = (missing: Grant | undefined) =>
  missing === undefined ? Effect.void : Effect.fail(new Forbidden(missing))

const past = { path: "/expiresAt", code: "invalid", message: "is not in the future" }

const requireFuture = Effect.fnUntraced(function* (expiresAt: Timestamp | null) {
  if (expiresAt !== null && expiresAt <= (yield* timestampNow)) return yield* new InvalidInput({ faults: [past] })
})

/** Serves the group `tokens`. */
export const layer = HttpApiBuilder.group(
  ServerApi,
  "tokens",
  Effect.fn(function* (handlers) {
    const tokens = yield* SqlTokens
    const visible = yield* catalogAccess
    const seen = Effect.fnUntraced(function* (id: TokenId) {
      const caller = yield* CurrentPrincipal
      const found = Option.filter(yield* tokens.find(id), (token) => reachesNoFurther(caller, token))
      return Option.isSome(found) ? found.value : yield* new NotFound({ resource: "token", id })
    })
    return handlers.handleAll({
      list: Effect.fn("TokensApi.list")(function* () {
        const caller = yield* CurrentPrincipal
        if (!hasSomewhere(caller, "admin")) yield* forbidden({ right: "admin", workspaceId: null })
        const ruled = (token: ApiToken) =>
          reachesNoFurther(caller, token) && missingToGrant(caller, token) === undefined
        return { data: (yield* tokens.list).filter(ruled).map(shown) }
      }, Effect.catch(failWithProblem)),
      create: Effect.fn("TokensApi.create")(function* ({ payload: { expiresAt = null, name, ...asked } }) {
        const caller = yield* CurrentPrincipal
        const reach = reachOf(asked)
        if (asked.workspaceIds !== "all") yield* Effect.forEach(asked.workspaceIds, visible.workspace)
        yield* forbidden(missingToGrant(caller, reach))
        yield* requireFuture(expiresAt)
        const { row, token } = yield* tokens.issue({ name, ...reach, createdBy: caller.subject, expiresAt })
        return { ...shown(row), token }
      }, Effect.catch(failWithProblem)),
      revoke: Effect.fn("TokensApi.revoke")(function* ({ params }) {
        const token = yield* seen(params.id)
        yield* forbidden(missingToGrant(yield* CurrentPrincipal, token))
        yield* tokens.revoke(token.id)
      }, Effect.catch(failWithProblem))
    })
  })
)
