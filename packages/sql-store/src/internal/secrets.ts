import { Effect, Redacted } from "effect"
import { hash, randomBytes } from "node:crypto"

const mark = "dpl_"
const shownLength = mark.length + 4

/** A new token: 256 random bits behind a mark by which a leaked one is recognised. */
export const newToken = Effect.sync(() => Redacted.make(`${mark}${randomBytes(32).toString("base64url")}`))

/** What may be shown of a token. */
export const shownPart = (token: Redacted.Redacted): string => Redacted.value(token).slice(0, shownLength)

/** SHA-256: enough for a random token, which nobody can guess from its hash. */
export const hashOf = (token: Redacted.Redacted): Uint8Array =>
  new Uint8Array(hash("sha256", Redacted.value(token), "buffer"))
