import { Effect, Option, Queue, Schedule, Stream } from "effect"
import { isOver } from "../domain/Deploy.ts"
import type { StoreError } from "../domain/DeployError.ts"
import type { DeployEvent, DeployEventType, FeedEvent } from "../domain/DeployEvent.ts"
import type { DeployId } from "../domain/Id.ts"
import { inScope, type Scope } from "../domain/Principal.ts"
import type { DeployStore, EventPosition } from "../ports/DeployStore.ts"
import type { LiveEvents } from "./LiveEvents.ts"
import { WatchedDeploys } from "./WatchedDeploys.ts"

/** Which events of which deploys a feed of many deploys gives out. */
export interface WatchOptions {
  /** Only deploys of these workspaces. Default: of all that the principal may read. */
  readonly workspaceIds?: ReadonlyArray<string>
  /** Only deploys of this entity. */
  readonly entityId?: string
  /** Only stored events of these types. Default: of all. */
  readonly types?: ReadonlyArray<DeployEventType>
  /** Also progress of deploys that run in this process. Default: false. */
  readonly progress?: boolean
}

/** Events, new deploys and deploys that are looked at by one read. */
const eventsOfOne = 256
const createdOfOne = 256
const deploysOfOne = 1000

/** Deploys that hints may pile up for while the reader is busy: more, and they are found by looking. */
const hintedAtMost = 10_000

/** How often to look for what no hint told of. */
const lookEvery = "1 second"

/** How much later than its creation a deploy is counted as seen by everybody: transactions end in another order. */
const lagMillis = 5000

const again = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("1 second")])

/** Repeats a read until the store answers: what there is to tell waits there. */
const patiently = <A>(read: Effect.Effect<A, StoreError>): Effect.Effect<A> =>
  read.pipe(
    Effect.tapError((error) => Effect.logWarning("A feed of deploys waits for the store", error)),
    Effect.retry(again),
    Effect.orDie
  )

/** Gathers hints while nobody asks, in a set that doesn't grow for ever; and says when it is time to look. */
const gatherHints = Effect.fnUntraced(function* (store: DeployStore["Service"]) {
  const signal = yield* Queue.sliding<void>(1)
  let hinted = new Set<DeployId>()
  let look = false
  const wake = Queue.offer(signal, undefined)
  yield* store.changes.pipe(
    Stream.filter((change) => change.kind === "events"),
    Stream.runForEach(({ deployId }) => {
      if (hinted.size >= hintedAtMost) hinted.clear()
      hinted.add(deployId)
      return wake
    }),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* Effect.suspend(() => {
    look = true
    return wake
  }).pipe(Effect.delay(lookEvery), Effect.forever, Effect.forkScoped)
  return Effect.map(Queue.take(signal), () => {
    const gathered = { ids: [...hinted], look }
    hinted = new Set()
    look = false
    return gathered
  })
})

const meetHinted = (store: DeployStore["Service"], watched: WatchedDeploys, ids: ReadonlyArray<DeployId>) =>
  Effect.forEach(
    ids.filter((id) => !watched.hint(id)),
    Effect.fnUntraced(function* (id) {
      const record = yield* patiently(store.find(id))
      if (Option.isNone(record)) return
      const { createdAt, entityId, workspaceId } = record.value.deploy
      watched.meet({ deployId: id, workspaceId, entityId, createdAt, isOver: isOver(record.value.deploy) })
    }),
    { concurrency: 4, discard: true }
  )

/** Passes over the deploys created since, and takes those of which no hint told. True: there may be more of them. */
const passCreated = (store: DeployStore["Service"], watched: WatchedDeploys) =>
  patiently(store.createdPositions({ behind: watched.place, lagMillis, limit: createdOfOne })).pipe(
    Effect.map((created) => watched.pass(created, createdOfOne))
  )

/** The next stored events: at least one. */
const nextEvents = (
  store: DeployStore["Service"],
  watched: WatchedDeploys,
  hints: Effect.Success<ReturnType<typeof gatherHints>>
): Effect.Effect<ReadonlyArray<DeployEvent>> => {
  let more = false
  return Effect.gen(function* () {
    while (true) {
      const deploys = watched.due(deploysOfOne)
      if (deploys.length > 0) {
        const events = yield* patiently(store.eventsOf({ deploys, limit: eventsOfOne }))
        watched.told(deploys, events, events.length < eventsOfOne)
        if (events.length > 0) return events
      } else if (more) {
        more = yield* passCreated(store, watched)
      } else {
        const { ids, look } = yield* hints
        yield* meetHinted(store, watched, ids)
        if (look) {
          watched.makeDue(deploysOfOne)
          more = yield* passCreated(store, watched)
        }
      }
    }
  })
}

/**
 * The feed of the events of many deploys: once this has answered, every event that is stored from then on comes, those of
 * one deploy in order, without gaps or repeats.
 *
 * It reads from the store as fast as its reader takes: a slow one holds up nobody, what it has not taken waits in the store,
 * and what is kept here are numbers of the deploys that are not over. While the store does not answer, it waits. The stream
 * is there to be run once.
 */
export const watchFeed = Effect.fnUntraced(function* (
  store: DeployStore["Service"],
  live: LiveEvents["Service"],
  scope: Scope,
  { entityId, progress = false, types, workspaceIds }: WatchOptions
) {
  const accepts = (position: EventPosition) =>
    inScope(scope, position.workspaceId) &&
    (workspaceIds?.includes(position.workspaceId) ?? true) &&
    (entityId === undefined || entityId === position.entityId)
  const hints = yield* gatherHints(store)
  const watched = new WatchedDeploys(yield* store.openPositions(lagMillis), accepts)
  const isWanted = (event: DeployEvent) => types?.includes(event.type) ?? true
  const stored: Stream.Stream<FeedEvent> = Stream.fromIterableEffectRepeat(nextEvents(store, watched, hints)).pipe(
    Stream.filter(isWanted)
  )
  if (!progress) return stored
  return Stream.merge(
    stored,
    Stream.filter(live.reports, (report) => watched.knows(report.deployId))
  )
})
