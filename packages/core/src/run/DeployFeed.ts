import { Effect, Option, Stream } from "effect"
import { isOver } from "../domain/Deploy.ts"
import type { StoreError } from "../domain/DeployError.ts"
import { type DeployEvent, type FeedEvent, isLastEvent } from "../domain/DeployEvent.ts"
import type { DeployId } from "../domain/Id.ts"
import type { DeployStore } from "../ports/DeployStore.ts"
import { deployHints } from "./DeployHints.ts"
import type { LiveEvents } from "./LiveEvents.ts"

/** Events read at once. */
const batch = 256

/** Stored events in order without gaps, from behind `after` to the last there will be. */
const storedEvents = (
  store: DeployStore["Service"],
  deployId: DeployId,
  after: number
): Stream.Stream<DeployEvent, StoreError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const wait = yield* deployHints(store, deployId)
      const findOver = Effect.map(
        store.find(deployId),
        Option.exists(({ deploy }) => isOver(deploy))
      )
      // Read before the events: whatever was over then has no events to come that they lack.
      let wasOver = yield* findOver
      return Stream.paginate(after, (last) =>
        Effect.gen(function* () {
          const events = yield* store.events({ deployId, after: last, limit: batch })
          const newest = events.at(-1)
          const ended = newest === undefined ? wasOver : isLastEvent(newest)
          if (newest === undefined && !ended) {
            yield* wait
            // Behind an event that there will never be, no last one tells of the end.
            if (last === after) wasOver = yield* findOver
          }
          return [events, ended ? Option.none() : Option.some(newest?.sequence ?? last)] as const
        })
      )
    })
  )

/**
 * The feed of one deploy: its stored events in order, each once, and live progress between them. It ends behind the last
 * event. A reader that falls behind holds nobody up: stored events wait in the store, and progress is left out.
 */
export const deployFeed = (
  store: DeployStore["Service"],
  live: LiveEvents["Service"],
  deployId: DeployId,
  after: number
): Stream.Stream<FeedEvent, StoreError> => {
  const progress = Stream.filter(live.reports, (report) => report.deployId === deployId)
  return Stream.merge(storedEvents(store, deployId, after), progress, { haltStrategy: "left" })
}
