import { AccessPolicy, Principal } from "@deploys/core"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { timingSafeEqual } from "node:crypto"
import { makeDatabase } from "./internal/Database.ts"
import { oneRow } from "./internal/decoding.ts"
import { operation } from "./internal/operation.ts"
import { hashOf } from "./internal/secrets.ts"
import { readPrincipal } from "./statements/tokens.ts"

/** Longer than any token that was ever issued. */
const longest = 512

const principalRow = oneRow(Schema.Struct({ hash: Schema.Uint8Array, ...Principal.fields }))

/** An `AccessPolicy` of the tokens that `SqlTokens` has issued, looked up by their SHA-256 alone. */
export const layer: Layer.Layer<AccessPolicy, never, SqlClient.SqlClient> = Layer.effect(
  AccessPolicy,
  Effect.map(makeDatabase, (db) =>
    AccessPolicy.of({
      authenticate: Effect.fn("AccessPolicy.authenticate")(function* (token) {
        if (Redacted.value(token).length > longest) return Option.none()
        const presented = hashOf(token)
        const row = yield* principalRow(readPrincipal(db, presented))
        return Option.flatMap(row, ({ hash, ...principal }) =>
          hash.length === presented.length && timingSafeEqual(hash, presented) ? Option.some(principal) : Option.none()
        )
      }, operation("AccessPolicy.authenticate"))
    })
  )
)
