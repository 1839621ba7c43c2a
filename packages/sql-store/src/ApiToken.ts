import { Principal, Subject, Timestamp, TokenId } from "@deploys/core"
import { Schema, Struct } from "effect"

const fields = {
  /** What people call the token: at most 100 characters. */
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)),
  ...Struct.omit(Principal.fields, ["subject"]),
  createdBy: Subject,
  /** From when on it is refused; null for never. */
  expiresAt: Schema.NullOr(Timestamp)
}

/** What is to be issued: a token with rights everywhere and by workspace. */
export const TokenRequest = Schema.Struct({
  ...fields,
  /** Whom it speaks for. By default for itself: its name, `/`, and its id, which no other token can take. */
  subject: Schema.optionalKey(Subject)
})
/** What is to be issued. */
export interface TokenRequest extends Schema.Schema.Type<typeof TokenRequest> {}

/** What is known of an issued token. The token itself is not. */
export const ApiToken = Schema.Struct({
  id: TokenId,
  /** Its first characters, by which people recognise it. */
  prefix: Schema.String,
  ...fields,
  subject: Subject,
  createdAt: Timestamp,
  revokedAt: Schema.NullOr(Timestamp),
  /** To the minute. */
  lastUsedAt: Schema.NullOr(Timestamp)
})
/** What is known of an issued token. */
export interface ApiToken extends Schema.Schema.Type<typeof ApiToken> {}
