import { AccessPolicy, hasRight } from "@deploys/core"
import { Effect, Layer, Option, Redacted } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { makeAccessChecks } from "./AccessChecks.ts"
import { Authorization, CurrentAccess, CurrentPrincipal, Problems } from "./api/index.ts"
import { failWithProblem } from "./CoreErrors.ts"
import { HttpLimits } from "./HttpLimits.ts"
import { type Budget, makeRequestBudget } from "./RequestBudget.ts"

/** What is left of the caller's requests, in every answer: draft-ietf-httpapi-ratelimit-headers. */
const tellOf = (policy: string, { remaining, resetSeconds }: Budget) =>
  HttpEffect.appendPreResponseHandler((_, response) =>
    Effect.succeed(
      HttpServerResponse.setHeaders(response, {
        "ratelimit-policy": `"requests";${policy}`,
        ratelimit: `"requests";r=${remaining};t=${resetSeconds}`
      })
    )
  )

const spend = Effect.gen(function* () {
  const { requests, windowSeconds } = yield* HttpLimits
  const take = yield* makeRequestBudget
  if (requests === Infinity) return () => Effect.void
  const policy = `q=${requests};w=${windowSeconds}`
  return Effect.fnUntraced(function* (caller: string) {
    const budget = yield* take(caller)
    yield* tellOf(policy, budget)
    if (budget.allowed) return
    const detail = `The caller may make ${requests} requests in ${windowSeconds} seconds`
    return yield* new Problems.TooManyRequests({ detail, retryAfterSeconds: budget.retrySeconds })
  })
})

/**
 * Layer of `Authorization`: `AccessPolicy` says whose token it is. Without one, or with a bad one, the answer is the same.
 * Requests of a caller beyond `HttpLimits` are refused before anything is done for them.
 */
export const layer = Layer.effect(
  Authorization,
  Effect.gen(function* () {
    const access = yield* AccessPolicy
    const spendOne = yield* spend
    const lostBy = yield* makeAccessChecks

    const callerOf = Effect.fnUntraced(function* (token: Redacted.Redacted) {
      const principal =
        Redacted.value(token) === "" ? Option.none() : yield* Effect.catch(access.authenticate(token), failWithProblem)
      if (Option.isSome(principal)) return principal.value
      return yield* new Problems.Unauthorized({ detail: "A valid bearer token is needed" })
    })

    return Authorization.of({
      bearer: Effect.fnUntraced(function* (httpEffect, { credential }) {
        const principal = yield* callerOf(credential)
        yield* spendOne(principal.subject)
        return yield* httpEffect.pipe(
          Effect.provideService(CurrentPrincipal, principal),
          Effect.provideService(CurrentAccess, {
            principal: callerOf(credential),
            lost: (right, workspaceId) => lostBy(credential, (now) => hasRight(now, right, workspaceId))
          })
        )
      })
    })
  })
)
