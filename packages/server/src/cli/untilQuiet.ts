import { Cause, Effect, Ref, Stream } from "effect"

/** A server that has more to tell does so sooner. */
const quiet = "1 second"

/** What a stream has to tell by now: its elements from the first, however late it comes, until none has come for a second. */
export const untilQuiet = <A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
  Stream.transformPull(stream, (pull) =>
    Effect.gen(function* () {
      const begun = yield* Ref.make(false)
      return Effect.flatMap(Ref.getAndSet(begun, true), (later) =>
        later ? Effect.timeoutOrElse(pull, { duration: quiet, orElse: () => Cause.done() }) : pull
      )
    })
  )
