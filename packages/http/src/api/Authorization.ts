import type { Principal, Right, WorkspaceId } from "@deploys/core"
import { Context, type Effect } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import * as Problems from "./Problems.ts"

/** Who is calling, for a handler behind `Authorization`. */
export class CurrentPrincipal extends Context.Service<CurrentPrincipal, Principal>()(
  "@deploys/http/CurrentPrincipal"
) {}

/** What the caller's token is still good for: for a handler behind `Authorization` whose answer takes long. */
export class CurrentAccess extends Context.Service<
  CurrentAccess,
  {
    /** Who is calling, asked anew: a token may have been revoked or have expired since the request came. */
    readonly principal: Effect.Effect<Principal, Problems.Unauthorized | Problems.Unavailable>
    /**
     * Completes once the token no longer gives its caller this right in this workspace. That is looked at every 15 seconds;
     * while it can't be, the access that was found last counts.
     */
    readonly lost: (right: Right, workspaceId: WorkspaceId) => Effect.Effect<void>
  }
>()("@deploys/http/CurrentAccess") {}

/**
 * Asks for a bearer token, and provides the caller's principal and `CurrentAccess`. It is the outermost middleware of a
 * group: add it last.
 */
export class Authorization extends HttpApiMiddleware.Service<
  Authorization,
  { provides: CurrentPrincipal | CurrentAccess }
>()("@deploys/http/Authorization", {
  security: { bearer: HttpApiSecurity.bearer },
  error: [Problems.UnauthorizedResponse, Problems.TooManyRequestsResponse, Problems.UnavailableResponse]
}) {}
