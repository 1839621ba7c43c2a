/** The API as routes of an `HttpRouter`, with what every answer has in common. */
import { Context, Effect, Layer, Scope } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { type HttpApi, HttpApiBuilder, type HttpApiGroup, OpenApi } from "effect/http-api"
import { Api } from "./api/index.ts"
import { BasePath } from "./BasePath.ts"
import * as BearerAuth from "./BearerAuth.ts"
import * as BodyCheck from "./BodyCheck.ts"
import * as DocsPage from "./DocsPage.ts"
import * as DeploysHandlers from "./DeploysHandlers.ts"
import { corsMiddleware } from "./CorsOrigins.ts"
import { withFallback } from "./Fallback.ts"
import * as InputCheck from "./InputCheck.ts"
import { chooseRequestId, RequestId } from "./RequestId.ts"
import { methodsOf, type Route, routesOf } from "./Routes.ts"
import * as SystemHandlers from "./SystemHandlers.ts"

/** Where the API is mounted, and what else is. */
export interface Options {
  /** A path in front of all others. Default: none. */
  readonly basePath?: `/${string}`
  /** Where the OpenAPI document is. Default: `/openapi.json`. */
  readonly openapiPath?: `/${string}`
  /** Where the page is that shows the OpenAPI document. Default: `/docs`. */
  readonly docsPath?: `/${string}`
  /** Routes that the host adds to the router by itself, so that another method than theirs is a 405. Default: none. */
  readonly routes?: ReadonlyArray<Route>
}

/** Not to be cached, unless the route says how, nor read as another type than it says. */
const secured = (response: HttpServerResponse.HttpServerResponse, requestId: string) =>
  HttpServerResponse.setHeaders(response, {
    "cache-control": response.headers["cache-control"] ?? "no-store",
    "x-content-type-options": "nosniff",
    "x-request-id": requestId
  })

/** What every request of the router goes through, whatever route it takes. */
const layerEnvelope = (routes: ReadonlyArray<Route>, basePath: string) =>
  HttpRouter.middleware(
    Effect.gen(function* () {
      const built = Context.add(Context.omit(Scope.Scope)(yield* Effect.context<never>()), BasePath, basePath)
      const chooseId = yield* chooseRequestId
      const fallback = withFallback(methodsOf(routes))
      const cors = yield* corsMiddleware
      return Effect.fnUntraced(function* (httpEffect) {
        const requestId = yield* chooseId
        return yield* cors(fallback(httpEffect)).pipe(
          Effect.map((response) => secured(response, requestId)),
          Effect.annotateLogs({ requestId }),
          // Loggers and the like that the app was built with are not among what a server gives a request.
          Effect.updateContext((request: Context.Context<HttpRouter.GlobalProvided>) =>
            Context.add(Context.merge(built, request), RequestId, requestId)
          )
        )
      })
    }),
    { global: true }
  )

const layerMounted = (basePath: string) =>
  Layer.effect(
    HttpRouter.HttpRouter,
    Effect.map(HttpRouter.HttpRouter, (router) => router.prefixed(basePath))
  )

/**
 * The routes of any API that was made with `Api.add`. Its groups' handlers and `layerMiddleware` are still to be provided.
 *
 * The router is then ours: addresses without a route are answered with problems, and every answer has a request id and is
 * neither cached nor sniffed.
 */
export const layerFrom = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>,
  options: Options = {}
) => {
  const { basePath = "", docsPath = "/docs", openapiPath = "/openapi.json", routes = [] } = options
  const described = api.annotate(OpenApi.Servers, [{ url: basePath || "/" }])
  const documents = [openapiPath, docsPath].map((path) => ({ method: "GET", path }))
  const mounted = [...routesOf(api), ...documents, ...routes].map((route) => ({
    ...route,
    path: `${basePath}${route.path}` as const
  }))
  return Layer.merge(
    Layer.merge(HttpApiBuilder.layer(described, { openapiPath }), DocsPage.layer(described, docsPath)).pipe(
      Layer.provide(layerMounted(basePath))
    ),
    layerEnvelope(mounted, basePath)
  )
}

/** The middlewares that groups of the API use: `Authorization`, `StrictInput` and `JsonBody`. */
export const layerMiddleware = Layer.mergeAll(BearerAuth.layer, InputCheck.layer, BodyCheck.layer)

/** The API of this package. */
export const layer = (options?: Options) =>
  layerFrom(Api, options).pipe(
    Layer.provide([DeploysHandlers.layer, SystemHandlers.layer]),
    Layer.provide(layerMiddleware)
  )
