import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Ref, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { DeployEngine } from "../../src/DeployEngine.ts"
import type { DeployId } from "../../src/domain/Id.ts"
import { makeStep } from "../../src/plan/Step.ts"
import { deployFeed } from "../../src/run/DeployFeed.ts"
import { DeployStore } from "../../src/ports/DeployStore.ts"
import { hangs, succeeds } from "../../src/testing/ScriptedTarget.ts"
import { ada, create, engine } from "../fixtures/engine.ts"

const feed = (id: DeployId, after = 0) =>
  Stream.unwrap(DeployEngine.use((deploys) => Effect.succeed(deploys.events(ada, id, { after }))))
const sequences = (id: DeployId, after: number) =>
  Effect.map(Stream.runCollect(feed(id, after)), (events) =>
    events.map((event) => ("sequence" in event ? event.sequence : 0))
  )

describe("the feed of a deploy", () => {
  it.effect("gives the rest, each event once, from wherever it is resumed", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      assert.deepStrictEqual(yield* sequences(id, 0), [1, 2, 3, 4, 5])
      for (let after = 1; after <= 5; after++) {
        assert.deepStrictEqual(yield* sequences(id, after), [1, 2, 3, 4, 5].slice(after))
      }
    }).pipe(Effect.provide(engine(succeeds("upload"))))
  )

  it.effect("ends at once when it is resumed behind the last event of all", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      yield* Stream.runDrain(feed(id))
      assert.deepStrictEqual(yield* sequences(id, 99), [])
    }).pipe(Effect.provide(engine(succeeds("upload"))))
  )

  it.effect("ends with the deploy when it is resumed behind more events than it will have", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      const reader = yield* Effect.forkChild(sequences(id, 99), { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      assert.isUndefined(reader.pollUnsafe())
      yield* DeployEngine.use((deploys) => deploys.cancel(ada, id))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* Fiber.join(reader), [])
    }).pipe(Effect.provide(engine(hangs("upload"))))
  )

  it.effect("gives more events than one read holds, while they are written and to a reader that stops between", () => {
    const chatty = makeStep({
      name: "upload",
      output: Schema.Null,
      run: ({ log }) =>
        Effect.as(
          Effect.forEach(Array.from({ length: 1000 }), (_, n) => Effect.delay(log(`line ${n}`), "1 millis")),
          null
        )
    })
    return Effect.gen(function* () {
      const { id } = yield* create()
      const seen = yield* Ref.make<ReadonlyArray<number>>([])
      const slow = Stream.runForEach(feed(id), (event) =>
        Effect.delay(
          Ref.update(seen, (numbers) => ("sequence" in event ? [...numbers, event.sequence] : numbers)),
          "5 millis"
        )
      )
      const reader = yield* Effect.forkChild(slow, { startImmediately: true })
      for (let second = 0; second < 8; second++) yield* TestClock.adjust("1 second")
      yield* Fiber.join(reader)
      assert.deepStrictEqual(
        yield* Ref.get(seen),
        Array.from({ length: 1005 }, (_, index) => index + 1)
      )
      assert.deepStrictEqual((yield* sequences(id, 700)).length, 305)
    }).pipe(Effect.provide(engine(chatty)))
  })

  it.effect("finds what no hint told of within a second", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      yield* TestClock.adjust("1 second")
      const known = yield* DeployStore
      const reader = yield* Stream.runCollect(
        deployFeed({ ...known, changes: Stream.never }, { publish: () => Effect.void, reports: Stream.never }, id, 0)
      ).pipe(Effect.forkChild({ startImmediately: true }))
      yield* DeployEngine.use((deploys) => deploys.cancel(ada, id))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* Fiber.join(reader)).at(-1)?.type, "deploy.settled")
    }).pipe(Effect.provide(engine(hangs("upload"))))
  )

  it.effect("is live, with progress between the stored events", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const upload = makeStep({
        name: "upload",
        output: Schema.Null,
        run: ({ progress }) =>
          Deferred.await(gate).pipe(Effect.andThen(progress({ done: 1, total: 2, unit: "files" })), Effect.as(null))
      })
      yield* Effect.gen(function* () {
        const { id } = yield* create()
        const seen = yield* Ref.make<ReadonlyArray<string>>([])
        const reader = yield* Effect.forkChild(
          Stream.runForEach(feed(id), (event) => Ref.update(seen, (types) => [...types, event.type])),
          { startImmediately: true }
        )
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* Ref.get(seen), ["deploy.created", "deploy.running", "step.running"])
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(reader)
        const later = (yield* Ref.get(seen)).slice(3)
        assert.includeMembers([...later], ["progress", "step.completed", "deploy.completed"])
        assert.strictEqual(later.at(-1), "deploy.completed")
      }).pipe(Effect.provide(engine(upload)))
    })
  )

  it.effect("does not hold up the deploy when its reader is slow", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      const slow = yield* Effect.forkChild(
        Stream.runForEach(feed(id), () => Effect.never),
        { startImmediately: true }
      )
      assert.strictEqual((yield* sequences(id, 0)).length, 5)
      yield* Fiber.interrupt(slow)
    }).pipe(Effect.provide(engine(succeeds("upload"))))
  )
})
