import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Ref, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import { DeployId } from "../../src/domain/Id.ts"
import { makeStep, type Step } from "../../src/plan/Step.ts"
import * as FiberDispatcher from "../../src/run/FiberDispatcher.ts"
import { runnerOptions } from "../../src/run/RunnerOptions.ts"
import * as ScriptedTarget from "../../src/testing/ScriptedTarget.ts"
import { insert, ports, read, runnerOn, store } from "../fixtures/engine.ts"

const id = DeployId.make("dep_01j00000000000000000000000")

/** A node that looks for work by itself, until it is stopped. */
const node = Effect.fnUntraced(function* (...steps: ReadonlyArray<Step<unknown>>) {
  const scope = yield* Scope.make()
  const layer = FiberDispatcher.layer.pipe(
    Layer.provide(runnerOn(ScriptedTarget.layer(...steps))),
    Layer.provide(runnerOptions({ grace: "10 seconds" }))
  )
  yield* Layer.buildWithScope(Layer.fresh(layer), scope)
  return { stop: Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true }) }
})

/** A step that takes its time, and counts how often it began and ended. */
const slow = Effect.fnUntraced(function* (name: string, duration: `${number} seconds`) {
  const counts = yield* Ref.make({ begun: 0, ended: 0 })
  const step = makeStep({
    name,
    output: Schema.Null,
    run: () =>
      Ref.update(counts, ({ begun, ended }) => ({ begun: begun + 1, ended })).pipe(
        Effect.andThen(Effect.sleep(duration)),
        Effect.andThen(Ref.update(counts, ({ begun, ended }) => ({ begun, ended: ended + 1 }))),
        Effect.as(null)
      )
  })
  return { step, counts: Ref.get(counts) }
})

describe("a node that is stopped", () => {
  it.effect("lets the step at work end, and leaves the next one to another node", () =>
    Effect.gen(function* () {
      const one = yield* slow("one", "8 seconds")
      const two = yield* slow("two", "8 seconds")
      yield* insert(id).pipe(Effect.provide(ports()))
      const { stop } = yield* node(one.step, two.step)
      yield* TestClock.adjust("2 seconds")
      const stopping = yield* stop
      yield* TestClock.adjust("6 seconds")
      yield* Fiber.join(stopping)
      assert.deepStrictEqual(
        (yield* read(id)).steps.map((step) => step.status),
        ["completed", "pending"]
      )
      yield* node(one.step, two.step)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
      assert.deepStrictEqual(
        [yield* one.counts, yield* two.counts],
        [
          { begun: 1, ended: 1 },
          { begun: 1, ended: 1 }
        ]
      )
    }).pipe(Effect.provide(store))
  )

  it.effect("interrupts a step that outlasts the grace, and another node runs it again at once", () =>
    Effect.gen(function* () {
      const one = yield* slow("one", "30 seconds")
      yield* insert(id).pipe(Effect.provide(ports()))
      const { stop } = yield* node(one.step)
      yield* TestClock.adjust("2 seconds")
      const stopping = yield* stop
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(stopping)
      assert.strictEqual((yield* read(id)).deploy.status, "running")
      yield* node(one.step)
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
      assert.deepStrictEqual(yield* one.counts, { begun: 2, ended: 1 })
    }).pipe(Effect.provide(store))
  )

  it.effect("begins nothing that is still waiting", () =>
    Effect.gen(function* () {
      const one = yield* slow("one", "5 seconds")
      yield* insert(id).pipe(Effect.provide(ports()))
      const { stop } = yield* node(one.step)
      yield* TestClock.adjust("1 second")
      const stopping = yield* stop
      const later = DeployId.make("dep_01j00000000000000000000001")
      yield* insert(later, "2").pipe(Effect.provide(ports()))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(stopping)
      assert.deepStrictEqual(
        [(yield* read(id)).deploy.status, (yield* read(later)).deploy.status],
        ["completed", "pending"]
      )
    }).pipe(Effect.provide(store))
  )
})
