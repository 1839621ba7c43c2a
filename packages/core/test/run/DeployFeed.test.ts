import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Ref, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { DeployEngine } from "../../src/DeployEngine.ts"
import type { DeployId } from "../../src/domain/Id.ts"
import { makeStep } from "../../src/plan/Step.ts"
import { succeeds } from "../../src/testing/ScriptedTarget.ts"
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
