import { DeploysHandlers, HttpApp, SystemHandlers } from "@deploys/http"
import { Layer } from "effect"
import { ServerApi } from "./api/ServerApi.ts"
import * as AppsHandlers from "./AppsHandlers.ts"
import * as BuildsHandlers from "./BuildsHandlers.ts"
import * as TokensHandlers from "./TokensHandlers.ts"
import * as WorkspacesHandlers from "./WorkspacesHandlers.ts"

const handlers = Layer.mergeAll(
  DeploysHandlers.layer,
  SystemHandlers.layer,
  WorkspacesHandlers.layer,
  AppsHandlers.layer,
  BuildsHandlers.layer,
  TokensHandlers.layer
)

/** The routes of `ServerApi`, over the engine, the catalog, the uploads, the tokens and the access policy that are provided. */
export const layer = HttpApp.layerFrom(ServerApi).pipe(Layer.provide(handlers), Layer.provide(HttpApp.layerMiddleware))
