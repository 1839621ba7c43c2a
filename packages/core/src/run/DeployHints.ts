import { Effect, Queue, type Scope, Stream } from "effect"
import type { DeployId } from "../domain/Id.ts"
import type { DeployStore } from "../ports/DeployStore.ts"

/** How long to wait for a hint before looking again: hints may get lost. */
const lookAgain = "1 second"

/** Starts to listen for changes of one deploy; what it answers with waits until it is worth looking at it again. */
export const deployHints = Effect.fnUntraced(function* (
  store: DeployStore["Service"],
  deployId: DeployId
): Effect.fn.Return<Effect.Effect<void>, never, Scope.Scope> {
  const hints = yield* Queue.sliding<void>(1)
  yield* store.changes.pipe(
    Stream.filter((change) => change.deployId === deployId),
    Stream.runForEach(() => Queue.offer(hints, undefined)),
    Effect.forkScoped({ startImmediately: true })
  )
  return Effect.raceFirst(Queue.take(hints), Effect.sleep(lookAgain))
})
