import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Queue, Ref, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { EncodedEvent } from "../src/RecentEvents.ts"
import { makeRecentEvents } from "../src/RecentEvents.ts"
import { makeSharedFeed } from "../src/SharedFeed.ts"

const event = (sequence: number, size = 0): EncodedEvent => ({
  bytes: Buffer.from(`${sequence}${"x".repeat(size)} `),
  sequence
})
const progress: EncodedEvent = { bytes: Buffer.from("p "), sequence: undefined }

/** The numbers that a reader got, in order. */
const numbers = (bytes: ReadonlyArray<Uint8Array>) =>
  Buffer.concat(bytes)
    .toString()
    .split(" ")
    .filter((part) => part !== "")
    .map((part) => (part === "p" ? "p" : Number.parseInt(part)))

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** A store of events, and who reads it. */
const makeStore = Effect.fnUntraced(function* (stored: ReadonlyArray<EncodedEvent>) {
  const reads = yield* Ref.make<ReadonlyArray<number>>([])
  const read = (after: number) =>
    Stream.unwrap(
      Effect.as(
        Ref.update(reads, (all) => [...all, after]),
        Stream.fromIterable(stored.filter(({ sequence = 0 }) => sequence > after))
      )
    )
  return { read, reads }
})

const turn = Effect.promise(() => new Promise((next) => setImmediate(next)))
/** Enough for all that waits for neither clock nor socket. */
const turns = Effect.repeat(turn, { times: 30 })

/** Lets the ticks pass in which events gather. */
const settled = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.gen(function* () {
    while (fiber.pollUnsafe() === undefined) {
      yield* TestClock.adjust("25 millis")
      yield* turn
    }
    return yield* Fiber.join(fiber)
  })

const collected = <E>(reader: Stream.Stream<Uint8Array, E>) =>
  Effect.flatMap(Effect.forkChild(Stream.runCollect(reader)), settled)

describe("the recent events of a deploy", () => {
  it("put what readers at one place are owed together once", () => {
    const recent = makeRecentEvents(0)
    recent.add([event(1), progress, event(2)])
    const owed = recent.from(0)
    assert.strictEqual(recent.from(0), owed)
    assert.deepInclude(owed, { position: 3, sequence: 2 })
    recent.add([event(3)])
    assert.strictEqual(Buffer.from(recent.from(3)?.bytes ?? []).toString(), "3 ")
  })

  it("begin for a reader behind what it has seen", () => {
    const recent = makeRecentEvents(4)
    recent.add([event(5), progress, event(6)])
    assert.deepStrictEqual(
      [3, 4, 5, 6, 9].map((seen) => recent.positionAfter(seen)),
      [undefined, 0, 2, 3, 3]
    )
  })

  it("are kept up to 64 KiB, and the last addition whole", () => {
    const recent = makeRecentEvents(0)
    for (const sequence of range(1, 100)) recent.add([event(sequence, 8192)])
    assert.isAbove(recent.base(), 90)
    assert.isTrue(recent.isGone(0))
    recent.add(range(101, 200).map((sequence) => event(sequence, 8192)))
    assert.strictEqual(recent.base(), 100)
  })
})

describe("a shared feed", () => {
  it.effect("is read once for all its readers, and each gets all of it", () =>
    Effect.gen(function* () {
      const { read, reads } = yield* makeStore(range(1, 300).map((sequence) => event(sequence)))
      const feed = yield* makeSharedFeed(read)
      const fibers = yield* Effect.forEach(range(1, 20), () => Effect.forkChild(Stream.runCollect(feed.reader(0))))
      for (const fiber of fibers) assert.deepStrictEqual(numbers(yield* settled(fiber)), range(1, 300))
      assert.deepStrictEqual(yield* Ref.get(reads), [0])
    })
  )

  it.effect("goes on for each reader behind what it has seen", () =>
    Effect.gen(function* () {
      const { read } = yield* makeStore(range(1, 30).map((sequence) => event(sequence)))
      const feed = yield* makeSharedFeed(read)
      for (const seen of [10, 0, 29, 30, 31, 10]) {
        assert.deepStrictEqual(numbers(yield* collected(feed.reader(seen))), range(seen + 1, 30))
      }
    })
  )

  it.effect("gives one that fell behind what it lacks from the store, without gap or repeat", () =>
    Effect.gen(function* () {
      const { read, reads } = yield* makeStore(range(1, 400).map((sequence) => event(sequence, 2000)))
      const feed = yield* makeSharedFeed(read)
      const gate = yield* Deferred.make<void>()
      let first = true
      const held = feed.reader(0).pipe(
        Stream.tap(() => {
          if (!first) return Effect.void
          first = false
          return Deferred.await(gate)
        })
      )
      const slow = yield* Effect.forkChild(Stream.runCollect(held), { startImmediately: true })
      assert.deepStrictEqual(numbers(yield* collected(feed.reader(0))), range(1, 400))
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(numbers(yield* settled(slow)), range(1, 400))
      assert.isAbove((yield* Ref.get(reads)).length, 1)
    })
  )

  it.effect("lets go at once of a reader that may hear no more, and of no other", () =>
    Effect.gen(function* () {
      const feed = yield* makeSharedFeed(() => Stream.concat(Stream.make(event(1)), Stream.never))
      const end = yield* Deferred.make<void>()
      const leaving = yield* Effect.forkChild(Stream.runCollect(feed.reader(0, Deferred.await(end))))
      const staying = yield* Effect.forkChild(Stream.runCollect(feed.reader(0)))
      yield* turns
      yield* TestClock.adjust("25 millis")
      yield* turns
      yield* Deferred.succeed(end, undefined)
      yield* turns
      assert.deepStrictEqual(numbers(yield* Fiber.join(leaving)), [1])
      assert.isUndefined(staying.pollUnsafe())
    })
  )

  it.effect("reads no more for a reader that may hear no more, however much that lacks", () =>
    Effect.gen(function* () {
      const { read } = yield* makeStore(range(1, 400).map((sequence) => event(sequence, 2000)))
      const feed = yield* makeSharedFeed((after) => Stream.rechunk(read(after), 1))
      yield* collected(feed.reader(399))
      const end = yield* Deferred.make<void>()
      const late = feed
        .reader(0, Deferred.await(end))
        .pipe(Stream.tap(() => Effect.andThen(Deferred.succeed(end, undefined), turns)))
      assert.deepStrictEqual(numbers(yield* collected(late)), [1])
    })
  )

  it.effect("is read no further than its fastest reader reads", () =>
    Effect.gen(function* () {
      const pulled = yield* Ref.make(0)
      const endless = Stream.iterate(1, (sequence) => sequence + 1).pipe(
        Stream.tap(() => Ref.update(pulled, (n) => n + 1)),
        Stream.map((sequence) => event(sequence)),
        Stream.rechunk(1)
      )
      const feed = yield* makeSharedFeed(() => endless)
      const reader = yield* Effect.forkChild(Stream.runForEach(feed.reader(0), () => Effect.never))
      for (const _ of range(1, 50)) {
        yield* TestClock.adjust("25 millis")
        yield* turn
      }
      assert.isBelow(yield* Ref.get(pulled), 300)
      yield* Fiber.interrupt(reader)
    })
  )

  it.effect("writes what comes within a tick in one piece", () =>
    Effect.gen(function* () {
      const live = yield* Queue.unbounded<EncodedEvent>()
      const feed = yield* makeSharedFeed(() => Stream.fromQueue(live))
      const pieces: Array<string> = []
      const reader = feed
        .reader(0)
        .pipe(Stream.runForEach((bytes) => Effect.sync(() => void pieces.push(Buffer.from(bytes).toString()))))
      yield* Effect.forkScoped(reader, { startImmediately: true })
      for (const sequence of [1, 2, 3, 4]) {
        yield* Queue.offer(live, event(sequence))
        yield* turns
      }
      assert.deepStrictEqual(pieces, [])
      yield* TestClock.adjust("25 millis")
      yield* turns
      assert.deepStrictEqual(pieces, ["1 2 3 4 "])
    })
  )

  it.effect("breaks for all its readers behind what came, and is then known to be broken", () =>
    Effect.gen(function* () {
      const broken = (after: number) =>
        Stream.concat(Stream.fromIterable(range(after + 1, 3).map((sequence) => event(sequence))), Stream.fail("away"))
      const feed = yield* makeSharedFeed(broken)
      const got: Array<Uint8Array> = []
      const reader = Stream.runForEach(feed.reader(0), (bytes) => Effect.sync(() => void got.push(bytes)))
      const exits = yield* Effect.forEach([1, 2], () => Effect.flatMap(Effect.forkChild(Effect.exit(reader)), settled))
      assert.deepStrictEqual(exits, [Exit.fail("away"), Exit.fail("away")])
      assert.deepStrictEqual(numbers(got), [1, 2, 3, 1, 2, 3])
      assert.isTrue(feed.isBroken())
    })
  )

  it.effect("stops reading when its scope ends", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const stopped = yield* Deferred.make<void>()
      const endless = Stream.onExit(Stream.never, () => Deferred.succeed(stopped, undefined))
      const feed = yield* Scope.provide(
        makeSharedFeed(() => endless),
        scope
      )
      yield* Effect.forkScoped(Stream.runDrain(feed.reader(0)), { startImmediately: true })
      yield* turns
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(stopped)
    })
  )
})
