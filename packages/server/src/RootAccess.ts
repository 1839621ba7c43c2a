import { AccessPolicy, trustedPrincipal } from "@deploys/core"
import { Effect, Layer, Option, Redacted } from "effect"
import { createHash, timingSafeEqual } from "node:crypto"
import { RootToken } from "./RootToken.ts"

/** Digests have one length whatever is sent, so that comparing them tells nothing about the token by its time. */
const digest = (token: Redacted.Redacted) => createHash("sha256").update(Redacted.value(token)).digest()

/** Layer of `AccessPolicy`: the root token may do everything, every other token what the `AccessPolicy` below it says. */
export const layer = Layer.effect(
  AccessPolicy,
  Effect.gen(function* () {
    const { authenticate } = yield* AccessPolicy
    const root = digest((yield* RootToken).token)
    const principal = Option.some(trustedPrincipal("root"))
    return AccessPolicy.of({
      authenticate: (token) => (timingSafeEqual(digest(token), root) ? Effect.succeed(principal) : authenticate(token))
    })
  })
)
