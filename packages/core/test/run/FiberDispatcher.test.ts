import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Ref, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import { DeployId } from "../../src/domain/Id.ts"
import { makeStep, type Step } from "../../src/plan/Step.ts"
import { DeployStore } from "../../src/ports/DeployStore.ts"
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

/** The store, where the write by which a deploy completes takes five seconds; and what it was asked of deploys, in order. */
const slowToComplete = Effect.fnUntraced(function* (asked: Ref.Ref<ReadonlyArray<string>>) {
  const deploys = yield* DeployStore
  const note = (what: string, deployId: DeployId) =>
    Ref.update(asked, (all) => [...all, `${what} ${deployId.slice(-1)}`])
  return DeployStore.of({
    ...deploys,
    find: (deployId) => Effect.andThen(note("find", deployId), deploys.find(deployId)),
    claim: (request) => Effect.andThen(note("claim", request.deployId), deploys.claim(request)),
    move: Effect.fnUntraced(function* (requests) {
      for (const { deployId, moves } of requests) {
        if (!moves.some(({ _tag }) => _tag === "Completed")) continue
        yield* note("complete", deployId)
        yield* Effect.sleep("5 seconds")
        yield* note("completed", deployId)
      }
      return yield* deploys.move(requests)
    })
  })
})

describe("a node whose places are taken", () => {
  it.effect("looks for the next deploy while one is about to complete, and claims it in its place", () =>
    Effect.gen(function* () {
      const later = DeployId.make("dep_01j00000000000000000000001")
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* TestClock.adjust("1 second")
      yield* insert(later, "2").pipe(Effect.provide(ports()))
      const asked = yield* Ref.make<ReadonlyArray<string>>([])
      const layer = FiberDispatcher.layer.pipe(
        Layer.provide(runnerOn(ScriptedTarget.layer(ScriptedTarget.succeeds("one")))),
        Layer.provide(Layer.effect(DeployStore, slowToComplete(asked))),
        Layer.provide(runnerOptions({ maxRunning: 1 }))
      )
      yield* Layer.build(Layer.fresh(layer))
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(yield* Ref.get(asked), ["find 0", "claim 0", "complete 0", "find 1"])
      assert.strictEqual((yield* read(later)).deploy.status, "pending")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* Ref.get(asked)).slice(4), ["completed 0", "claim 1", "complete 1"])
    }).pipe(Effect.provide(store))
  )
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
