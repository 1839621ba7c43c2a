import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Latch, Layer, Ref, References, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { DeployEngine } from "../../src/DeployEngine.ts"
import { StoreError } from "../../src/domain/DeployError.ts"
import type { FeedEvent } from "../../src/domain/DeployEvent.ts"
import { DeployId, EntityId, WorkspaceId } from "../../src/domain/Id.ts"
import type { Principal } from "../../src/domain/Principal.ts"
import { Timestamp } from "../../src/domain/Timestamp.ts"
import { makeStep } from "../../src/plan/Step.ts"
import { DeployDispatcher } from "../../src/ports/DeployDispatcher.ts"
import { DeployStore } from "../../src/ports/DeployStore.ts"
import { LiveEvents } from "../../src/run/LiveEvents.ts"
import { WatchedDeploys } from "../../src/run/WatchedDeploys.ts"
import { watchFeed, type WatchOptions } from "../../src/run/WatchFeed.ts"
import { hangs, succeeds } from "../../src/testing/ScriptedTarget.ts"
import { ada, create, engine, insert, ports, store } from "../fixtures/engine.ts"

const named = (event: FeedEvent) => `${"sequence" in event ? event.sequence : "-"} ${event.type}`

/** What a feed gives out, by deploy. */
const collecting = Effect.fnUntraced(function* (
  feed: Stream.Stream<FeedEvent>,
  gate: Effect.Effect<void> = Effect.void
) {
  const seen = new Map<string, Array<string>>()
  const take = (event: FeedEvent) =>
    Effect.map(gate, () => seen.set(event.deployId, [...(seen.get(event.deployId) ?? []), named(event)]))
  yield* Effect.forkScoped(Stream.runForEach(feed, take), { startImmediately: true })
  return seen
})

const watching = (options: WatchOptions = {}, as: Principal = ada) =>
  Effect.flatMap(
    DeployEngine.use((deploys) => deploys.watch(as, options)),
    (feed) => collecting(feed)
  )

const whole = ["1 deploy.created", "2 deploy.running", "3 step.running", "4 step.completed", "5 deploy.completed"]

/** Lets everything run that can without time passing. */
const settle = Effect.repeat(TestClock.adjust(0), { times: 30 })

const reader = (workspaces: Principal["workspaces"]): Principal => ({ subject: "bob", everywhere: [], workspaces })

/** An engine that hears no hints: what it learns, it learns by looking. */
const deaf = Layer.effect(
  DeployStore,
  DeployStore.use((known) => Effect.succeed({ ...known, changes: Stream.never }))
).pipe(Layer.provideMerge(store))

const dep = (n: number) => DeployId.make(`dep_${String(n).padStart(26, "0")}`)

/** Creates a deploy of its own entity and moves it to its end, without a runner. */
const runThrough = Effect.fnUntraced(function* (n: number, lines = 0) {
  const deploys = yield* DeployStore
  yield* insert(dep(n), `through${n}`)
  yield* deploys.claim({ deployId: dep(n), owner: "test", leaseMillis: 60_000, steps: [] })
  const logged = { _tag: "Logged" as const, level: "info" as const, message: "line", step: null }
  const moves = [
    ...Array.from({ length: lines }, () => logged),
    { _tag: "Completed" as const, previewUrl: null, productionUrl: null }
  ]
  yield* deploys.move([{ deployId: dep(n), epoch: 1, after: 2, by: "test", moves }])
})

/** A feed of everything on this store. */
const feedOn = (kept: DeployStore["Service"]) =>
  Effect.flatMap(Layer.build(LiveEvents.layer), (context) =>
    watchFeed(kept, Context.get(context, LiveEvents), "all", {})
  )

const through = ["1 deploy.created", "2 deploy.running", "3 deploy.completed"]

/** An engine that nothing runs by itself. */
const withoutRunner = (kept: typeof store) =>
  DeployEngine.layer.pipe(
    Layer.provide([LiveEvents.layer, Layer.succeed(DeployDispatcher, { wake: () => Effect.void })]),
    Layer.provideMerge(Layer.merge(kept, ports()))
  )
const quiet = withoutRunner(store)

describe("the feed of all deploys", () => {
  it.effect("gives every event from when it began, in order, before any time has passed", () =>
    Effect.gen(function* () {
      const before = yield* create("0")
      yield* settle
      const seen = yield* watching()
      const [one, other] = [yield* create("1"), yield* create("2")]
      yield* settle
      assert.deepStrictEqual(seen.get(one.id), whole)
      assert.deepStrictEqual(seen.get(other.id), whole)
      assert.isFalse(seen.has(before.id))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([...seen.keys()], [one.id, other.id])
      assert.strictEqual(seen.get(one.id)?.length, 5)
    }).pipe(Effect.provide(engine(succeeds("upload"))))
  )

  it.effect("goes on behind what deploys had told when it began", () =>
    Effect.gen(function* () {
      const [running, waiting] = [yield* create("1"), yield* create("1")]
      yield* TestClock.adjust("10 seconds")
      const seen = yield* watching()
      yield* DeployEngine.use((deploys) => deploys.cancel(ada, waiting.id))
      yield* DeployEngine.use((deploys) => deploys.cancel(ada, running.id))
      yield* settle
      assert.deepStrictEqual(seen.get(waiting.id), ["2 deploy.failed"])
      assert.deepStrictEqual(seen.get(running.id), ["4 deploy.failed", "5 step.cancelled", "6 deploy.settled"])
    }).pipe(Effect.provide(engine(hangs("upload"))))
  )

  it.effect("shows what the principal may read, and nothing else", () =>
    Effect.gen(function* () {
      const mine = yield* watching({}, reader({ [WorkspaceId.make("ws_1")]: ["read"] }))
      const none = yield* watching(
        {},
        reader({ [WorkspaceId.make("ws_1")]: ["deploy"], [WorkspaceId.make("ws_2")]: ["read"] })
      )
      const narrowed = yield* watching({ workspaceIds: ["ws_2"] })
      const entity = yield* watching({ entityId: "app_2" })
      const ends = yield* watching({ types: ["deploy.completed"] })
      const [one, other] = [yield* create("1"), yield* create("2")]
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([...mine.keys()], [one.id, other.id])
      assert.deepStrictEqual([none.size, narrowed.size], [0, 0])
      assert.deepStrictEqual([...entity], [[other.id, whole]])
      assert.deepStrictEqual([...ends.values()], [["5 deploy.completed"], ["5 deploy.completed"]])
    }).pipe(Effect.provide(engine(succeeds("upload"))))
  )

  it.effect("brings progress where it is asked for, and of no other deploys", () => {
    const upload = makeStep({
      name: "upload",
      output: Schema.Null,
      run: ({ progress }) => Effect.as(Effect.delay(progress({ done: 1, total: 2, unit: "files" }), "1 second"), null)
    })
    return Effect.gen(function* () {
      const asked = yield* watching({ progress: true, entityId: "app_1" })
      const unasked = yield* watching()
      const [one, other] = [yield* create("1"), yield* create("2")]
      yield* TestClock.adjust("2 seconds")
      yield* settle
      assert.sameMembers(asked.get(one.id) ?? [], [...whole, "- progress"])
      assert.deepStrictEqual([asked.has(other.id), unasked.get(one.id)], [false, whole])
    }).pipe(Effect.provide(engine(upload)))
  })

  it.effect("finds what no hint told of, once and whole", () =>
    Effect.gen(function* () {
      yield* insert(dep(1), "through1")
      const seen = yield* watching()
      yield* runThrough(2)
      yield* runThrough(1)
      yield* insert(dep(3), "3")
      yield* TestClock.adjust("1 second")
      // It was there when the feed began: known, so looked at every second.
      assert.deepStrictEqual([...seen.keys()], [dep(1)])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        [seen.get(dep(1)), seen.get(dep(2)), seen.get(dep(3))],
        [through.slice(1), through, through.slice(0, 1)]
      )
    }).pipe(Effect.provide(withoutRunner(deaf)))
  )

  it.effect("loses nothing to a slow reader, and reads nothing for it meanwhile", () =>
    Effect.gen(function* () {
      const reads = yield* Ref.make(0)
      const counted = yield* Effect.map(DeployStore, (known) =>
        DeployStore.of({
          ...known,
          eventsOf: (of) =>
            Effect.andThen(
              Ref.update(reads, (n) => n + 1),
              known.eventsOf(of)
            )
        })
      )
      const gate = yield* Latch.make()
      const seen = yield* collecting(yield* feedOn(counted), gate.await)
      yield* runThrough(1)
      yield* settle
      const before = yield* Ref.get(reads)
      for (let n = 2; n <= 300; n++) yield* runThrough(n, n === 7 ? 600 : 0)
      yield* TestClock.adjust("1 hour")
      // It may have begun to read the next events while it waits with the last ones.
      assert.isAtMost((yield* Ref.get(reads)) - before, 1)
      yield* gate.open
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(seen.size, 300)
      for (const [id, events] of seen) {
        const count = id === dep(7) ? 603 : 3
        assert.deepStrictEqual(
          events.map((event) => Number(event.split(" ")[0])),
          Array.from({ length: count }, (_, n) => n + 1)
        )
      }
    }).pipe(Effect.provide(quiet))
  )

  it.effect("waits while the store does not answer, and then goes on without a gap", () =>
    Effect.gen(function* () {
      const down = yield* Ref.make(false)
      const known = yield* DeployStore
      const orDown = <A>(effect: Effect.Effect<A, StoreError>) =>
        Effect.gen(function* () {
          if (yield* Ref.get(down)) return yield* new StoreError({ operation: "read", cause: "down" })
          return yield* effect
        })
      const shaky = DeployStore.of({
        ...known,
        find: (id) => orDown(known.find(id)),
        eventsOf: (of) => orDown(known.eventsOf(of)),
        createdPositions: (of) => orDown(known.createdPositions(of))
      })
      const seen = yield* collecting(yield* feedOn(shaky))
      yield* Ref.set(down, true)
      yield* runThrough(1)
      yield* TestClock.adjust("1 minute")
      yield* runThrough(2)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(seen.size, 0)
      yield* Ref.set(down, false)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual([seen.get(dep(1)), seen.get(dep(2))], [through, through])
    }).pipe(Effect.provide([quiet, Layer.succeed(References.MinimumLogLevel, "None")]))
  )

  it.effect("ends with the layer of its engine", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(engine(hangs("upload")), scope)
      const feed = yield* Context.get(context, DeployEngine).watch(ada)
      const reader = yield* Effect.forkChild(Stream.runDrain(feed), { startImmediately: true })
      yield* settle
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(reader)
    })
  )
})

describe("what a feed knows of deploys", () => {
  const at = (second: number) => Timestamp.make(`2026-11-24T12:00:${String(second).padStart(2, "0")}.000000Z`)
  const position = (n: number, isOver = false) => ({
    deployId: dep(n),
    workspaceId: WorkspaceId.make("ws_1"),
    entityId: EntityId.make("app_1"),
    createdAt: at(n),
    isOver,
    lastEvent: 1
  })
  const ended = (n: number) => ({
    type: "deploy.completed" as const,
    data: { by: "test", previewUrl: null, productionUrl: null },
    deployId: dep(n),
    sequence: 2,
    at: at(n)
  })

  it("is dropped once a deploy is over and the place has passed it", () => {
    const watched = new WatchedDeploys({ horizon: at(5), positions: [position(1)] }, () => true)
    watched.meet(position(7))
    watched.told(watched.due(10), [ended(7)], true)
    assert.strictEqual(watched.size, 2)
    assert.isTrue(watched.hint(dep(7)))
    watched.pass({ horizon: at(6), positions: [] }, 10)
    assert.strictEqual(watched.size, 2)
    watched.pass({ horizon: at(9), positions: [position(7, true)] }, 10)
    assert.deepStrictEqual([watched.size, watched.knows(dep(1)), watched.due(10)], [1, true, []])
  })

  it("does not take a late hint about a deploy that was dropped for news", () => {
    const watched = new WatchedDeploys({ horizon: at(5), positions: [] }, () => true)
    assert.isFalse(watched.hint(dep(3)))
    watched.meet(position(3, true))
    assert.deepStrictEqual([watched.size, watched.due(10)], [0, []])
  })

  it("remembers some of those that are left aside", () => {
    const watched = new WatchedDeploys({ horizon: at(5), positions: [] }, () => false)
    for (let n = 1; n <= 5000; n++) watched.meet({ ...position(6), deployId: dep(n) })
    assert.deepStrictEqual([watched.size, watched.hint(dep(5000)), watched.hint(dep(1))], [0, true, false])
  })
})
