import { Context, Effect } from "effect"
import { HttpMiddleware } from "effect/http"

/**
 * Origins whose pages may call the API from a browser, such as `https://console.example.com`, each exactly as a browser
 * writes it. Default: none.
 */
export const CorsOrigins = Context.Reference<ReadonlyArray<string>>("@deploys/http/CorsOrigins", {
  defaultValue: () => []
})

const allowedHeaders = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "If-None-Match",
  "Last-Event-ID",
  "Prefer",
  "X-Request-Id"
]

const exposedHeaders = [
  "ETag",
  "Idempotency-Replayed",
  "Location",
  "Preference-Applied",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "X-Request-Id"
]

/** How long a browser may remember a preflight, in seconds. */
const maxAge = 600

/** What answers preflights and lets those origins read answers; without origins it does nothing. */
export const corsMiddleware = Effect.map(CorsOrigins, (origins): typeof HttpMiddleware.logger => {
  const listed = new Set(origins)
  if (listed.size === 0) return (httpEffect) => httpEffect
  return HttpMiddleware.cors({
    // A list of one would be told to every origin.
    allowedOrigins: (origin) => listed.has(origin),
    allowedMethods: ["GET", "HEAD", "POST", "DELETE"],
    allowedHeaders,
    exposedHeaders,
    maxAge
  })
})
