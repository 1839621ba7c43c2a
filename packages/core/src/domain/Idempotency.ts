import { Schema } from "effect"

/** A caller's own name for one request, so that repeating it does nothing more: 1–255 visible ASCII characters. */
export const IdempotencyKey = Schema.String.check(
  Schema.isPattern(/^[\x21-\x7e]{1,255}$/, { expected: "1 to 255 visible ASCII characters without spaces" })
)

/** How long a key is remembered, in milliseconds: 24 hours. */
export const idempotencyMillis = 24 * 60 * 60 * 1000

/** A request under a key. */
export interface KeyedRequest {
  /** Whose key it is: keys of different principals have nothing to do with each other. */
  readonly principal: string
  readonly key: string
  /** What is asked for, as text that is equal exactly when the request is. */
  readonly request: string
}

const inOrder = (_: string, value: Schema.Json) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** A request as text, the same in whatever order its keys stand. */
export const requestText = (request: Schema.Json): string => JSON.stringify(request, inOrder)
