import type { ArtifactStore, DeployTarget } from "@deploys/core"
import { PagesApi, PagesConfig, type PagesError, PagesTarget } from "@deploys/pages-target"
import { Effect, Layer, Option } from "effect"
import type { HttpClient } from "effect/http"
import { InvalidSetting, type Settings } from "./Settings.ts"

type PagesSettings = Option.Option.Value<Settings["pages"]>

const patience = "5 seconds"

const refused = ({ accountId }: PagesSettings, { message }: PagesError) =>
  new InvalidSetting({
    setting: "CLOUDFLARE_API_TOKEN",
    detail: `is not taken for the account ${accountId}: ${message}`
  })

/** A token that is refused is told before any deploy fails of it. A Cloudflare that is out of reach may be back by then. */
const checkToken = Effect.fnUntraced(function* (settings: PagesSettings) {
  const api = yield* PagesApi
  yield* api.project(`${settings.prefix}app`).pipe(
    Effect.timeoutOption(patience),
    Effect.tap((answer) =>
      Option.isSome(answer) ? Effect.void : Effect.logWarning(`Cloudflare has not answered within ${patience}`)
    ),
    Effect.catchTag("PagesError", (error) =>
      error.retryable ? Effect.logWarning(error.message) : Effect.fail(refused(settings, error))
    )
  )
})

/** Puts sites live on Cloudflare Pages: one project for each app, named by the prefix and the app's name. */
export const layer = (
  settings: PagesSettings
): Layer.Layer<DeployTarget, InvalidSetting, ArtifactStore | HttpClient.HttpClient> =>
  Layer.merge(PagesTarget.layer, Layer.effectDiscard(checkToken(settings))).pipe(
    Layer.provide(PagesApi.layer),
    Layer.provide(PagesConfig.layer({ ...settings, baseUrl: settings.baseUrl.replace(/\/+$/, "") }))
  )
