import type { StoreChange } from "@deploys/core"
import { Context, Effect, Layer, PubSub, Stream } from "effect"

/** Hints that a slow listener may fall behind by; the oldest are then dropped, as hints may be. */
const backlog = 4096

/** Carries the store's changes to those who wait for them, within this process. */
export class Wakeups extends Context.Service<
  Wakeups,
  {
    /** Tells everybody who listens. Never waits. */
    readonly publish: (changes: ReadonlyArray<StoreChange>) => Effect.Effect<void>
    /** Changes published from the moment when the stream is started. */
    readonly changes: Stream.Stream<StoreChange>
  }
>()("@deploys/sql-store/Wakeups") {
  /** A hub in this process. */
  static readonly layer = Layer.effect(
    Wakeups,
    Effect.gen(function* () {
      const hub = yield* PubSub.sliding<StoreChange>(backlog)
      yield* Effect.addFinalizer(() => PubSub.shutdown(hub))
      return Wakeups.of({
        publish: (changes) => Effect.asVoid(PubSub.publishAll(hub, changes)),
        changes: Stream.fromPubSub(hub)
      })
    })
  )
}
