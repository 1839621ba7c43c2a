import { AccessPolicy } from "@deploys/core"
import { Effect, Layer, Option, Redacted } from "effect"
import { Authorization, CurrentPrincipal, Problems } from "./api/index.ts"
import { failWithProblem } from "./CoreErrors.ts"

/** Layer of `Authorization`: `AccessPolicy` says whose token it is. Without one, or with a bad one, the answer is the same. */
export const layer = Layer.effect(
  Authorization,
  Effect.map(AccessPolicy, (access) =>
    Authorization.of({
      bearer: Effect.fnUntraced(function* (httpEffect, { credential }) {
        const principal =
          Redacted.value(credential) === ""
            ? Option.none()
            : yield* Effect.catch(access.authenticate(credential), failWithProblem)
        return Option.isNone(principal)
          ? yield* new Problems.Unauthorized({ detail: "A valid bearer token is needed" })
          : yield* Effect.provideService(httpEffect, CurrentPrincipal, principal.value)
      })
    })
  )
)
