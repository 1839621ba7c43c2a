import { DeployEngine, trustedPrincipal } from "@deploys/core"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api, Problems } from "./api/index.ts"
import { failWithProblem } from "./CoreErrors.ts"

const ok = { status: "ok" } as const

const prober = trustedPrincipal("readyz")

/** Serves the group `system`. Ready is who gets an answer from the store within two seconds. */
export const layer = HttpApiBuilder.group(
  Api,
  "system",
  Effect.fn(function* (handlers) {
    const engine = yield* DeployEngine
    return handlers.handleAll({
      health: () => Effect.succeed(ok),
      ready: () =>
        engine.list(prober, { limit: 1, total: false }).pipe(
          Effect.catchTag("InvalidInput", Effect.die),
          Effect.catch(failWithProblem),
          Effect.timeoutOrElse({
            duration: "2 seconds",
            orElse: () => new Problems.Unavailable({ detail: "The store did not answer in time" })
          }),
          Effect.as(ok)
        )
    })
  })
)
