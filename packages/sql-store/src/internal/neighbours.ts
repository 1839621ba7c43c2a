import { Clock, Duration, Effect } from "effect"

/** How often a node says that it is there. */
export const sayEvery = "30 seconds"

/** For how long a node that was heard is taken to be there: it has then kept silent three times. */
const thereFor = "100 seconds"

/** For how long a node that has greeted waits for the others' answers before it takes itself to be alone. */
const answersWithin = "1 second"

/** What a node knows of others that listen, by its monotonic clock. While it can't hear them it doesn't take itself to be alone. */
export const makeNeighbours = () => {
  let aloneFrom: bigint | undefined
  const aloneIn = (duration: Duration.Input) =>
    Effect.map(Clock.monotonicTimeNanos, (now) => void (aloneFrom = now + Duration.toNanosUnsafe(duration)))
  return {
    isAlone: Effect.map(Clock.monotonicTimeNanos, (now) => aloneFrom !== undefined && now >= aloneFrom),
    /** This node has greeted, and hears whoever answers. */
    greeted: Effect.suspend(() => (aloneFrom === undefined ? aloneIn(answersWithin) : Effect.void)),
    /** Another node was heard: perhaps before the greeting was known to have gone out. */
    heard: aloneIn(thereFor),
    /** This node hears nobody any more. */
    deaf: Effect.sync(() => void (aloneFrom = undefined))
  }
}
