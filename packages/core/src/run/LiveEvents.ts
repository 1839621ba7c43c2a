import { Context, Effect, Layer, PubSub, Stream } from "effect"
import type { ProgressEvent } from "../domain/DeployEvent.ts"

/** Progress reports a slow reader may fall behind before it misses the oldest. */
const capacity = 256

/** Carries progress from steps to those who watch, within one process. Nothing is kept; slow readers miss reports. */
export class LiveEvents extends Context.Service<
  LiveEvents,
  {
    /** Sends a report to whoever listens now. Never waits. */
    readonly publish: (event: ProgressEvent) => Effect.Effect<void>
    /** Reports from now on. */
    readonly reports: Stream.Stream<ProgressEvent>
  }
>()("@deploys/core/LiveEvents") {
  /** The hub of one process. */
  static readonly layer = Layer.effect(
    LiveEvents,
    Effect.map(Effect.acquireRelease(PubSub.sliding<ProgressEvent>(capacity), PubSub.shutdown), (hub) =>
      LiveEvents.of({ publish: (event) => Effect.asVoid(PubSub.publish(hub, event)), reports: Stream.fromPubSub(hub) })
    )
  )
}
