import { Clock, Effect, HashMap, Layer, Option, PubSub, Ref, Stream } from "effect"
import { StepId } from "../domain/Id.ts"
import { IdGenerator } from "../domain/IdGenerator.ts"
import { timestampFromMicros } from "../domain/Timestamp.ts"
import { selectPage } from "../list/Page.ts"
import type { QueryPlan } from "../list/QueryPlan.ts"
import { Catalog } from "../ports/Catalog.ts"
import { DeployStore, type StoreChange } from "../ports/DeployStore.ts"
import { cancel } from "./internal/cancel.ts"
import { claim } from "./internal/claim.ts"
import { claimable } from "./internal/claimable.ts"
import { insert } from "./internal/insert.ts"
import { lane, releaseHold, waiting } from "./internal/lane.ts"
import { release, renew } from "./internal/lease.ts"
import { move } from "./internal/move.ts"
import { remembered } from "./internal/once.ts"
import { createdPositions, eventsOf, openPositions } from "./internal/positions.ts"
import { relativesFor } from "./internal/relatives.ts"
import { deployOf, emptyState, type Now, type State, type Transition } from "./internal/state.ts"

const now: Effect.Effect<Now> = Effect.map(Clock.currentTimeNanos, (nanos) => ({
  at: timestampFromMicros(nanos / 1000n),
  millis: Number(nanos / 1_000_000n)
}))

/** A span as `Effect.fn` makes it, but without a stack trace: what a run does at every step does not take one each time. */
const spanned = (name: string) => Effect.withSpan(name, {}, { captureStackTrace: false })

const make = Effect.gen(function* () {
  const ids = yield* IdGenerator
  const catalog = yield* Catalog
  const cell = yield* Ref.make(emptyState)
  const hub = yield* Effect.acquireRelease(PubSub.unbounded<StoreChange>(), PubSub.shutdown)

  const read = <A>(look: (state: State, now: Now) => A): Effect.Effect<A> =>
    Effect.flatMap(now, (at) => Effect.map(Ref.get(cell), (state) => look(state, at)))

  const commit = <A>(call: (state: State, now: Now) => Transition<A>): Effect.Effect<A> =>
    Effect.flatMap(now, (at) =>
      Ref.modify(cell, (state) => {
        const transition = call(state, at)
        return [transition, transition.state]
      })
    ).pipe(
      Effect.tap(({ changes }) => PubSub.publishAll(hub, changes)),
      Effect.map(({ answer }) => answer),
      Effect.uninterruptible
    )

  const list = Effect.fnUntraced(function* (query: QueryPlan) {
    const state = yield* Ref.get(cell)
    const relatives = yield* relativesFor(query.filter, state, catalog)
    const deploys = HashMap.toValues(state.deploys).map(({ deploy }) => deploy)
    return selectPage(query, deploys, relatives)
  })

  return DeployStore.of({
    insert: Effect.fn("DeployStore.insert")((deploy, options = {}) =>
      Effect.flatMap(
        commit((state, at) => insert(state, at, deploy, options)),
        Effect.fromResult
      )
    ),
    remembered: Effect.fn("DeployStore.remembered")((request) =>
      Effect.flatMap(
        read((state, at) => remembered(state, at, request)),
        Effect.fromResult
      )
    ),
    lane: Effect.fn("DeployStore.lane")((entityId) => read((state) => lane(state, entityId))),
    waiting: Effect.fn("DeployStore.waiting")((id) => read((state) => waiting(state, id))),
    releaseHold: Effect.fn("DeployStore.releaseHold")((entityId) =>
      commit((state, at) => releaseHold(state, at, entityId))
    ),
    find: (id) =>
      spanned("DeployStore.find")(
        read((state) =>
          Option.fromNullishOr(deployOf(state, id)).pipe(Option.map(({ deploy, steps }) => ({ deploy, steps })))
        )
      ),
    list: Effect.fn("DeployStore.list")(list),
    listJson: Effect.fn("DeployStore.listJson")((query) => Effect.map(list(query), JSON.stringify)),
    claimable: Effect.fn("DeployStore.claimable")((options) => read((state, at) => claimable(state, at, options))),
    claim: Effect.fnUntraced(function* (request) {
      const stepIds = yield* Effect.forEach(request.steps, () => ids.next("stp"))
      return yield* commit((state, at) =>
        claim(state, at, { ...request, stepIds: stepIds.map((id) => StepId.make(id)) })
      )
    }, spanned("DeployStore.claim")),
    move: (requests) => spanned("DeployStore.move")(commit((state, at) => move(state, at, requests))),
    renew: Effect.fn("DeployStore.renew")((leases, millis) => commit((state, at) => renew(state, at, leases, millis))),
    release: Effect.fn("DeployStore.release")((leases) => commit((state) => release(state, leases))),
    cancel: Effect.fn("DeployStore.cancel")((request) =>
      Effect.flatMap(
        commit((state, at) => cancel(state, at, request)),
        Effect.fromResult
      )
    ),
    events: Effect.fn("DeployStore.events")(({ after, deployId, limit }) =>
      read(
        (state) =>
          deployOf(state, deployId)
            ?.events.slice(after, after + limit)
            .map(({ event }) => event) ?? []
      )
    ),
    eventsOf: Effect.fn("DeployStore.eventsOf")((options) => read((state) => eventsOf(state, options))),
    openPositions: Effect.fn("DeployStore.openPositions")((lagMillis) =>
      read((state, at) => openPositions(state, at, lagMillis))
    ),
    createdPositions: Effect.fn("DeployStore.createdPositions")((options) =>
      read((state, at) => createdPositions(state, at, options))
    ),
    changes: Stream.fromPubSub(hub)
  })
})

/**
 * A `DeployStore` in the memory of this process, for tests and for hosts that need nothing to outlive them.
 *
 * Times come from the `Clock`, so a test rules leases by the `TestClock`. The `Catalog` is read where a list asks for what
 * deploys are of.
 */
export const layer: Layer.Layer<DeployStore, never, Catalog> = Layer.effect(DeployStore, make)
