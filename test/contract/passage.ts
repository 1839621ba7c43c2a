import { Effect } from "effect"
import { TestClock } from "effect/testing"

/** How a suite lets time pass for what it tests, in milliseconds. Suites ask for a few hundred at most. */
export type Passage = (millis: number) => Effect.Effect<void>

/** For what takes its time from the `Clock` service. */
export const testTime: Passage = (millis) => TestClock.adjust(millis)

/** For what has a clock of its own, such as a database. */
export const realTime: Passage = (millis) => TestClock.withLive(Effect.sleep(millis))

/** Lets time pass until the answer is something, at most about three seconds by real time. */
export const eventually = <A, E, R>(pass: Passage, look: Effect.Effect<A | undefined, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    for (let attempt = 0; attempt < 120; attempt++) {
      const found = yield* look
      if (found !== undefined) return found
      yield* pass(25)
    }
    return yield* Effect.die(new Error("It did not come about"))
  })
