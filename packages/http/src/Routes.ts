import { FindMyWay, type HttpRouter } from "effect/http"
import { HttpApi, type HttpApiGroup } from "effect/http-api"

/** A path that is served, for one method. */
export interface Route {
  readonly method: string
  readonly path: HttpRouter.PathInput
}

/** How paths are told apart: by case, too, and with ids of any length, so that a long one is malformed rather than unknown. */
export const routerConfig: Partial<FindMyWay.RouterConfig> = { caseSensitive: true, maxParamLength: 8192 }

/** The routes of an API. */
export const routesOf = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>
): ReadonlyArray<Route> => {
  const routes: Array<Route> = []
  HttpApi.reflect(api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint }) => routes.push({ method: endpoint.method, path: `/${endpoint.path.slice(1)}` })
  })
  return routes
}

/** The methods that an address is served for, by the rules of the router itself; empty for one that is not served. */
export const methodsOf = (routes: ReadonlyArray<Route>) => {
  const router = FindMyWay.make<true>(routerConfig)
  for (const { method, path } of routes) router.on(method, path, true)
  const known = [...new Set(routes.map(({ method }) => method))]
  return (url: string): ReadonlyArray<string> =>
    known
      .filter((method) => router.find(method, url) !== undefined)
      .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
}
