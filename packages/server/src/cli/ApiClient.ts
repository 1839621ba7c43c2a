import { Config, Context, Effect, flow, Layer, Option, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { ServerApi } from "../api/ServerApi.ts"
import { CliFailure } from "./CliFailure.ts"
import { inTurn } from "./inTurn.ts"

type Client = HttpApiClient.ForApi<typeof ServerApi>

/** The API of a server, called with a token. */
export class ApiClient extends Context.Service<ApiClient, { readonly url: string; readonly api: Client }>()(
  "@deploys/server/ApiClient"
) {
  /** The server at `DEPLOYS_URL` (default: the one on this machine) with the token in `DEPLOYS_TOKEN`. */
  static readonly layer = Layer.effect(
    ApiClient,
    Effect.suspend(() => connect)
  )
}

const missingToken =
  "DEPLOYS_TOKEN is not set: it is the token to call the server with (a server prints at its start where its own is)"

const connect = Effect.gen(function* () {
  const url = yield* Effect.orDie(Config.String("DEPLOYS_URL").pipe(Config.withDefault("http://127.0.0.1:3000")))
  const token = yield* Effect.orDie(Config.option(Config.Redacted("DEPLOYS_TOKEN")))
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    return yield* new CliFailure({ message: `DEPLOYS_URL: expected http://… or https://…, got ${JSON.stringify(url)}` })
  if (Option.isNone(token)) return yield* new CliFailure({ message: missingToken })
  if (!/^[\x21-\x7e]+$/.test(Redacted.value(token.value)))
    return yield* new CliFailure({ message: "DEPLOYS_TOKEN: expected visible ASCII characters without spaces" })
  const api = yield* HttpApiClient.make(ServerApi, {
    baseUrl: url,
    transformClient: flow(inTurn, HttpClient.mapRequest(HttpClientRequest.bearerToken(token.value)))
  })
  return ApiClient.of({ url, api })
})
