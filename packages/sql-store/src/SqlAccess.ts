import { AccessPolicy, Principal } from "@deploys/core"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { timingSafeEqual } from "node:crypto"
import { makeDatabase } from "./internal/Database.ts"
import { oneRow } from "./internal/decoding.ts"
import { operation } from "./internal/operation.ts"
import { PrincipalCache } from "./internal/PrincipalCache.ts"
import { hashOf } from "./internal/secrets.ts"
import { readPrincipal } from "./statements/tokens.ts"

/** Longer than any token that was ever issued. */
const longest = 512

const principalRow = oneRow(
  Schema.Struct({ hash: Schema.Uint8Array, endsIn: Schema.NullOr(Schema.Finite), ...Principal.fields })
)

const make = Effect.gen(function* () {
  const db = yield* makeDatabase
  const cache = yield* PrincipalCache
  const find = Effect.fn("AccessPolicy.authenticate")(function* (presented: Uint8Array) {
    const row = yield* principalRow(readPrincipal(db, presented))
    return Option.flatMap(row, ({ endsIn, hash, ...principal }) =>
      hash.length === presented.length && timingSafeEqual(hash, presented)
        ? Option.some({ principal, endsIn: endsIn ?? Number.POSITIVE_INFINITY })
        : Option.none()
    )
  }, operation("AccessPolicy.authenticate"))
  return AccessPolicy.of({
    authenticate: (token) =>
      Effect.suspend(() => {
        if (Redacted.value(token).length > longest) return Effect.succeedNone
        const presented = hashOf(token)
        return cache.get(
          Buffer.from(presented).toString("latin1"),
          Effect.suspend(() => find(presented))
        )
      })
  })
})

/**
 * An `AccessPolicy` of the tokens that `SqlTokens` has issued, looked up by their SHA-256 alone.
 *
 * A token that was let in is let in for another second without being looked up, though never beyond its expiry: so long it
 * may take until it is felt that another process has revoked it. Revoking it by a `SqlTokens` that was built with this layer
 * counts at once.
 */
export const layer: Layer.Layer<AccessPolicy, never, SqlClient.SqlClient> = Layer.effect(AccessPolicy, make).pipe(
  Layer.provide(PrincipalCache.layer)
)
