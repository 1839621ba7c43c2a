import type { Principal } from "@deploys/core"
import { Context } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import * as Problems from "./Problems.ts"

/** Who is calling, for a handler behind `Authorization`. */
export class CurrentPrincipal extends Context.Service<CurrentPrincipal, Principal>()(
  "@deploys/http/CurrentPrincipal"
) {}

/** Asks for a bearer token and provides the caller's principal. It is the outermost middleware of a group: add it last. */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: CurrentPrincipal }>()(
  "@deploys/http/Authorization",
  {
    security: { bearer: HttpApiSecurity.bearer },
    error: [Problems.UnauthorizedResponse, Problems.TooManyRequestsResponse, Problems.UnavailableResponse]
  }
) {}
