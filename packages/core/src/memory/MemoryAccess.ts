import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { Principal } from "../domain/Principal.ts"
import { AccessPolicy } from "../ports/AccessPolicy.ts"

const Tokens = Schema.Record(Schema.String, Principal)

/**
 * An `AccessPolicy` that knows these tokens and whose they are, for tests:
 *
 * ```ts
 * MemoryAccess.layerOf({ "token-of-ada": { subject: "ada", everywhere: [], workspaces: { "ws-1": ["read", "deploy"] } } })
 * ```
 *
 * A malformed principal is a defect.
 */
export const layerOf = (tokens: typeof Tokens.Encoded): Layer.Layer<AccessPolicy> =>
  Layer.effect(
    AccessPolicy,
    Effect.gen(function* () {
      const decoded = yield* Effect.orDie(Schema.decodeEffect(Tokens)(tokens))
      const principals = new Map(Object.entries(decoded))
      return AccessPolicy.of({
        authenticate: Effect.fn("AccessPolicy.authenticate")((token) =>
          Effect.sync(() => Option.fromNullishOr(principals.get(Redacted.value(token))))
        )
      })
    })
  )
