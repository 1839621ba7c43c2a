import { IdGenerator } from "@deploys/core"
import { Effect, Ref, Schedule } from "effect"
import { isOutage, isUnsent } from "./callFailure.ts"
import { Screen } from "./Screen.ts"

/** About ten seconds in all: long enough for a server that restarts. */
const again = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("2 seconds")]).pipe(
  Schedule.upTo({ times: 7 })
)

/**
 * Repeats a call whose answer was lost. It has to be one that does nothing more when it is made twice.
 *
 * A server that can't be reached at all is told at once: nothing was asked of it yet.
 */
export const repeated = <A, E extends { readonly _tag: string }, R>(call: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { live, style } = yield* Screen
    const asked = yield* Ref.make(false)
    const isWorthIt = Effect.fnUntraced(function* (error: E) {
      const before = yield* Ref.getAndUpdate(asked, (known) => known || !isUnsent(error))
      if (!isOutage(error) || (!before && isUnsent(error))) return false
      yield* live(() => style.faint("… no answer from the server, asking again"))
      return true
    })
    return yield* Effect.retry(call, { while: isWorthIt, schedule: again }).pipe(Effect.ensuring(live(null)))
  })

/**
 * Makes a call with an `Idempotency-Key` of its own, and repeats it under the same key while its answer is lost: whatever
 * became of the first call, there is one deploy.
 */
export const once = <A, E extends { readonly _tag: string }, R>(
  call: (headers: { readonly "idempotency-key": string }) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const ids = yield* IdGenerator
    return yield* repeated(call({ "idempotency-key": yield* ids.next("once") }))
  })
