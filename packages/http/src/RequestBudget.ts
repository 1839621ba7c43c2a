import { Clock, Effect } from "effect"
import { HttpLimits } from "./HttpLimits.ts"

/** What a caller has left. */
export interface Budget {
  readonly allowed: boolean
  /** Whole requests that may follow at once. */
  readonly remaining: number
  /** Seconds until all of it is there again. */
  readonly resetSeconds: number
  /** Seconds until the next request is let in; 0 where that is now. */
  readonly retrySeconds: number
}

const seconds = (millis: number) => Math.max(0, Math.ceil(millis / 1000))

/** Below this many callers nobody is forgotten. */
const fewCallers = 1000

/**
 * A bucket of requests for each caller, which refills steadily over the window; what it answers with takes one request.
 *
 * Of each bucket only the moment is kept at which it will be full again, and one that is full is forgotten: effect's
 * `RateLimiter` keeps every key for good.
 */
export const makeRequestBudget = Effect.map(HttpLimits, ({ requests, windowSeconds }) => {
  const window = windowSeconds * 1000
  const interval = window / requests
  const fullAt = new Map<string, number>()
  let sweepAbove = fewCallers

  const forget = (now: number) => {
    for (const [caller, at] of fullAt) if (at <= now) fullAt.delete(caller)
    sweepAbove = Math.max(fewCallers, 2 * fullAt.size)
  }

  const take = (caller: string, now: number): Budget => {
    const before = Math.max(0, (fullAt.get(caller) ?? 0) - now)
    const allowed = before + interval <= window + 0.001
    const debt = allowed ? before + interval : before
    if (allowed) fullAt.set(caller, now + debt)
    if (fullAt.size > sweepAbove) forget(now)
    return {
      allowed,
      remaining: Math.floor((window - debt) / interval + 0.001),
      resetSeconds: seconds(debt),
      retrySeconds: allowed ? 0 : Math.max(1, seconds(before + interval - window))
    }
  }

  return (caller: string): Effect.Effect<Budget> =>
    Effect.map(Clock.monotonicTimeNanos, (nanos) => take(caller, Number(nanos) / 1e6))
})
