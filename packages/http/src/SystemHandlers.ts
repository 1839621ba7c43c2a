import { DeployEngine, trustedPrincipal } from "@deploys/core"
import { Effect, Fiber } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api, Problems } from "./api/index.ts"
import { failWithProblem } from "./CoreErrors.ts"
import { Draining } from "./Draining.ts"

const ok = { status: "ok" } as const

const prober = trustedPrincipal("readyz")

/**
 * Answers in time whatever becomes of the call: one to a database that is gone without a word takes seconds to be given up,
 * and a probe does not wait for that.
 */
const inTime = Effect.fnUntraced(function* <A, E>(call: Effect.Effect<A, E>) {
  const fiber = yield* Effect.forkDetach(call, { startImmediately: true })
  const giveUp = Effect.forkDetach(Fiber.interrupt(fiber))
  return yield* Fiber.join(fiber).pipe(
    Effect.onInterrupt(() => giveUp),
    Effect.timeoutOrElse({
      duration: "2 seconds",
      orElse: () => new Problems.Unavailable({ detail: "The store did not answer in time" })
    })
  )
})

/** Whether the store answers within two seconds. Who asks within a second of another gets the same: no flood reaches it. */
const storeAnswers = Effect.flatMap(DeployEngine, (engine) =>
  engine
    .list(prober, { limit: 1, total: false })
    .pipe(
      Effect.catchTag("InvalidInput", Effect.die),
      Effect.catch(failWithProblem),
      inTime,
      Effect.cachedWithTTL("1 second")
    )
)

/** Serves the group `system`. Ready is who gets an answer from the store, and is not about to end. */
export const layer = HttpApiBuilder.group(
  Api,
  "system",
  Effect.fn(function* (handlers) {
    const answers = yield* storeAnswers
    const ending = Effect.andThen(yield* Draining, new Problems.Unavailable({ detail: "The server is about to end" }))
    return handlers.handleAll({
      health: () => Effect.succeed(ok),
      ready: () => Effect.as(Effect.raceFirst(ending, answers), ok)
    })
  })
)
