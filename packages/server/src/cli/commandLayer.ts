import { NodeHttpClient } from "@effect/platform-node"
import { Layer } from "effect"
import { ApiClient } from "./ApiClient.ts"
import { Screen } from "./Screen.ts"

/** What a command stands on that talks to a server; with `json` it shows nothing on its way. */
export const commandLayer = ({ json }: { readonly json: boolean }) =>
  Layer.mergeAll(
    ApiClient.layer.pipe(Layer.provide(NodeHttpClient.layerNodeHttp)),
    json ? Screen.layerSilent : Screen.layer
  )

/** Ends the description of a command that talks to a server. */
export const atServer = "The server is the one at DEPLOYS_URL (http://127.0.0.1:3000), called with DEPLOYS_TOKEN."
