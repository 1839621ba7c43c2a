import { Principal, Subject, Timestamp, TokenId } from "@deploys/core"
import { Schema } from "effect"

/** What is to be issued: a token for a subject, with rights everywhere and by workspace. */
export const TokenRequest = Schema.Struct({
  /** What people call the token. */
  name: Schema.String,
  ...Principal.fields,
  createdBy: Subject,
  /** From when on it is refused; null for never. */
  expiresAt: Schema.NullOr(Timestamp)
})
/** What is to be issued. */
export interface TokenRequest extends Schema.Schema.Type<typeof TokenRequest> {}

/** What is known of an issued token. The token itself is not. */
export const ApiToken = Schema.Struct({
  id: TokenId,
  /** Its first characters, by which people recognise it. */
  prefix: Schema.String,
  ...TokenRequest.fields,
  createdAt: Timestamp,
  revokedAt: Schema.NullOr(Timestamp),
  /** To the minute. */
  lastUsedAt: Schema.NullOr(Timestamp)
})
/** What is known of an issued token. */
export interface ApiToken extends Schema.Schema.Type<typeof ApiToken> {}
