import { IdGenerator, type StoreError, type TokenId } from "@deploys/core"
import { Context, Effect, Layer, type Option, type Redacted } from "effect"
import { ApiToken, type TokenRequest } from "./ApiToken.ts"
import { makeDatabase } from "./internal/Database.ts"
import { allRows, oneRow, presentRow } from "./internal/decoding.ts"
import { operation } from "./internal/operation.ts"
import { PrincipalCache } from "./internal/PrincipalCache.ts"
import { hashOf, newToken, shownPart } from "./internal/secrets.ts"
import { addToken, listTokens, readToken, revokeToken } from "./statements/tokens.ts"

/** A token that was just issued: the only time that it can be read. */
export interface IssuedToken {
  readonly token: Redacted.Redacted
  readonly row: ApiToken
}

/** Issues the tokens that `SqlAccess` lets in. Rights to do so are the caller's to check. */
export class SqlTokens extends Context.Service<
  SqlTokens,
  {
    /** Makes a token and keeps its hash. */
    readonly issue: (request: TokenRequest) => Effect.Effect<IssuedToken, StoreError>
    /** All tokens, the newest first, also those that are expired or revoked. */
    readonly list: Effect.Effect<ReadonlyArray<ApiToken>, StoreError>
    /** The token with this id, or none. */
    readonly find: (id: TokenId) => Effect.Effect<Option.Option<ApiToken>, StoreError>
    /** Ends a token for good, and answers with it; none where there is none. Revoking again changes nothing. */
    readonly revoke: (id: TokenId) => Effect.Effect<Option.Option<ApiToken>, StoreError>
  }
>()("@deploys/sql-store/SqlTokens") {
  /** Tokens in the database of the client. */
  static readonly layer = Layer.effect(
    SqlTokens,
    Effect.gen(function* () {
      const db = yield* makeDatabase
      const ids = yield* IdGenerator
      const cache = yield* PrincipalCache
      return SqlTokens.of({
        issue: Effect.fn("SqlTokens.issue")(function* (request) {
          const token = yield* newToken
          const id = yield* ids.next("tok")
          const secret = { id, hash: hashOf(token), prefix: shownPart(token) }
          const complete = { subject: `${request.name}/${id}`, ...request }
          const row = yield* presentRow(oneRow(ApiToken)(addToken(db, complete, secret)), "A token")
          return { token, row }
        }, operation("SqlTokens.issue")),
        list: Effect.suspend(() => allRows(ApiToken)(listTokens(db))).pipe(
          operation("SqlTokens.list"),
          Effect.withSpan("SqlTokens.list")
        ),
        find: Effect.fn("SqlTokens.find")((id) => oneRow(ApiToken)(readToken(db, id)), operation("SqlTokens.find")),
        revoke: Effect.fn("SqlTokens.revoke")(
          (id) => Effect.tap(oneRow(ApiToken)(revokeToken(db, id)), cache.clear),
          operation("SqlTokens.revoke")
        )
      })
    })
  ).pipe(Layer.provide(PrincipalCache.layer))
}
