import { DeployEngine, type DeployId, type NotFound, type StoreError, trustedPrincipal } from "@deploys/core"
import { Context, Effect, Layer, RcMap, type Scope, type Stream } from "effect"
import { Draining } from "./Draining.ts"
import { encodedEvents } from "./EventStream.ts"
import { makeSharedFeed } from "./SharedFeed.ts"

/** Who reads for all; whether a caller may read is asked before. */
const everyReader = trustedPrincipal("events")

/** The feeds of deploys as server-sent events, each read and encoded once, however many read it here. */
export class SharedFeeds extends Context.Service<
  SharedFeeds,
  {
    /** The feed from behind the event `after`, no longer than until `end` completes. It is shared until the scope ends. */
    readonly reader: (
      id: DeployId,
      after: number,
      end: Effect.Effect<void>
    ) => Effect.Effect<Stream.Stream<Uint8Array, NotFound | StoreError>, never, Scope.Scope>
  }
>()("@deploys/http/SharedFeeds") {
  /** Reads from the engine; all end when `Draining` says so. */
  static readonly layer = Layer.effect(
    SharedFeeds,
    Effect.gen(function* () {
      const engine = yield* DeployEngine
      const draining = yield* Draining
      const feeds = yield* RcMap.make({
        lookup: (id: DeployId) =>
          makeSharedFeed((after) => encodedEvents(engine.events(everyReader, id, { after }), draining))
      })
      return SharedFeeds.of({
        reader: Effect.fnUntraced(function* (id, after, end) {
          const feed = yield* RcMap.get(feeds, id)
          if (!feed.isBroken()) return feed.reader(after, end)
          yield* RcMap.invalidate(feeds, id)
          return (yield* RcMap.get(feeds, id)).reader(after, end)
        })
      })
    })
  )
}
