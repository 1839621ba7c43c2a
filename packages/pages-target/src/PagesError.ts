import { Schema } from "effect"

/**
 * Why a call of the Cloudflare API did not do what it was asked.
 *
 * - `refused`: the answer says no, and would say no again.
 * - `unauthorized`: the token does not reach that far, or no longer.
 * - `limited`: too many calls; nothing was done, and `retryAfterMillis` says how long to wait, if anything does.
 * - `unavailable`: no answer, a broken one, or a fault of Cloudflare's. The call may have been carried out all the same.
 */
export const PagesFault = Schema.Literals(["refused", "unauthorized", "limited", "unavailable"])
/** Why a call of the Cloudflare API did not do what it was asked. */
export type PagesFault = typeof PagesFault.Type

/** A call of the Cloudflare API failed. Never holds a token. */
export class PagesError extends Schema.TaggedError<PagesError>()("PagesError", {
  /** The method of `PagesApi`. */
  call: Schema.String,
  fault: PagesFault,
  /** HTTP status; null where there was no answer. */
  status: Schema.NullOr(Schema.Int),
  /** Cloudflare's own code; null where the answer carries none. */
  code: Schema.NullOr(Schema.Int),
  /** Cloudflare's own words, or what went wrong on the way. */
  detail: Schema.String,
  /** What Cloudflare's support asks for. */
  ray: Schema.NullOr(Schema.String),
  retryAfterMillis: Schema.NullOr(Schema.Finite)
}) {
  /** The call, Cloudflare's words, its code or the status, and the ray. */
  override get message() {
    const facts = [
      this.code === null ? null : `code ${this.code}`,
      this.status === null ? null : `status ${this.status}`,
      this.ray === null ? null : `ray ${this.ray}`
    ].filter((fact) => fact !== null)
    return `Cloudflare, ${this.call}: ${this.detail}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`
  }

  /** Whether the same call may do better later. */
  get retryable(): boolean {
    return this.fault === "limited" || this.fault === "unavailable"
  }
}
