import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Ref, Schema } from "effect"
import { TestClock } from "effect/testing"
import { makeStep } from "../../src/plan/Step.ts"
import { DeployStore } from "../../src/ports/DeployStore.ts"
import { DeployRunner } from "../../src/run/DeployRunner.ts"
import { runnerOptions } from "../../src/run/RunnerOptions.ts"
import * as ScriptedTarget from "../../src/testing/ScriptedTarget.ts"
import { succeeds } from "../../src/testing/ScriptedTarget.ts"
import { insert, ports, read, runnerOn, store } from "../fixtures/engine.ts"
import { id, node, types } from "../fixtures/nodes.ts"

/** A step that takes a second, and notes which start of it began. */
const noting = Effect.map(Ref.make<ReadonlyArray<number>>([]), (starts) => ({
  starts: Ref.get(starts),
  step: makeStep({
    name: "first",
    output: Schema.Null,
    run: (context) =>
      Ref.update(starts, (before) => [...before, context.starts]).pipe(
        Effect.andThen(Effect.sleep("1 second")),
        Effect.as(null)
      )
  })
}))

/** The store with another way to claim. */
const claimingBy = (change: (claim: DeployStore["Service"]["claim"]) => DeployStore["Service"]["claim"]) =>
  Layer.effect(
    DeployStore,
    DeployStore.useSync((deploys) => DeployStore.of({ ...deploys, claim: change(deploys.claim) }))
  )

const inserted = insert(id).pipe(Effect.provide(ports()))

describe("the first step of a plan", () => {
  it.effect("is started by the claim, so that five steps take six writes", () =>
    Effect.gen(function* () {
      yield* inserted
      const writes = yield* Ref.make<ReadonlyArray<number>>([])
      const counted = Layer.effect(
        DeployStore,
        DeployStore.useSync((deploys) =>
          DeployStore.of({
            ...deploys,
            claim: (request) =>
              Effect.tap(
                deploys.claim(request),
                Ref.update(writes, (all) => [...all, 0])
              ),
            move: (requests) =>
              Effect.tap(
                deploys.move(requests),
                Ref.update(writes, (all) => [...all, ...requests.map(({ moves }) => moves.length)])
              )
          })
        )
      )
      const steps = ["one", "two", "three", "four", "five"].map((name) => succeeds(name))
      yield* DeployRunner.use((runner) => runner.run(id)).pipe(
        Effect.provide(Layer.provide(runnerOn(ScriptedTarget.layer(...steps)), counted))
      )
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
      assert.deepStrictEqual(yield* Ref.get(writes), [0, 2, 2, 2, 2, 2])
    }).pipe(Effect.provide(store))
  )

  it.effect("runs where one start is all that it may have", () =>
    Effect.gen(function* () {
      yield* inserted
      const first = yield* noting
      yield* node(first.step).pipe(Effect.provide(runnerOptions({ maxStarts: 1 })))
      yield* TestClock.adjust("1 second")
      const { deploy, steps } = yield* read(id)
      assert.deepStrictEqual([deploy.status, steps[0]?.attempt, steps[0]?.starts], ["completed", 1, 1])
      assert.deepStrictEqual(yield* first.starts, [1])
    }).pipe(Effect.provide(store))
  )

  it.effect("counts a start whose claim came to nothing, and uses up no attempt", () =>
    Effect.gen(function* () {
      yield* inserted
      const first = yield* noting
      const deploys = yield* DeployStore
      const request = { deployId: id, owner: "killed", leaseMillis: 15_000, steps: [first.step], startFirstStep: true }
      for (let claims = 0; claims < 2; claims++) assert.isTrue(Option.isSome(yield* deploys.claim(request)))
      yield* TestClock.adjust("15 seconds")
      yield* node(first.step)
      yield* TestClock.adjust("1 second")
      const { deploy, steps } = yield* read(id)
      assert.deepStrictEqual([deploy.status, steps[0]?.attempt, steps[0]?.starts], ["completed", 1, 2])
      assert.deepStrictEqual(yield* first.starts, [2])
    }).pipe(Effect.provide(store))
  )

  it.effect("fails without being run where its starts are used up by claims", () =>
    Effect.gen(function* () {
      yield* inserted
      const first = yield* noting
      const deploys = yield* DeployStore
      yield* deploys.claim({
        deployId: id,
        owner: "killed",
        leaseMillis: 15_000,
        steps: [first.step],
        startFirstStep: true
      })
      yield* TestClock.adjust("15 seconds")
      yield* node(first.step).pipe(Effect.provide(runnerOptions({ maxStarts: 1 })))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* read(id)).deploy.failureCode, "step_failed")
      assert.deepStrictEqual(yield* first.starts, [])
    }).pipe(Effect.provide(store))
  )

  it.effect("runs to its end where the node was told to stop while it claimed", () =>
    Effect.gen(function* () {
      yield* inserted
      const first = yield* noting
      const slow = claimingBy((claim) => (request) => Effect.tap(claim(request), Effect.sleep("2 seconds")))
      const layer = Layer.provide(runnerOn(ScriptedTarget.layer(first.step, succeeds("second"))), slow)
      yield* Effect.gen(function* () {
        const runner = yield* DeployRunner
        yield* Effect.forkChild(runner.run(id), { startImmediately: true })
        yield* TestClock.adjust("1 second")
        yield* runner.drain
        yield* TestClock.adjust("2 seconds")
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        (yield* read(id)).steps.map(({ status }) => status),
        ["completed", "pending"]
      )
      assert.deepStrictEqual(yield* first.starts, [1])
    }).pipe(Effect.provide(store))
  )

  it.effect("does not begin where the claim is answered when its lease has run out", () =>
    Effect.gen(function* () {
      yield* inserted
      const first = yield* noting
      const late = claimingBy((claim) => (request) => Effect.tap(claim(request), Effect.sleep("20 seconds")))
      const layer = Layer.provide(runnerOn(ScriptedTarget.layer(first.step)), late)
      yield* DeployRunner.use((runner) => Effect.forkChild(runner.run(id), { startImmediately: true })).pipe(
        Effect.andThen(TestClock.adjust("16 seconds")),
        Effect.andThen(node(first.step)),
        Effect.andThen(TestClock.adjust("10 seconds")),
        Effect.provide(layer)
      )
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
      assert.deepStrictEqual(yield* first.starts, [2])
      assert.deepStrictEqual(
        (yield* types).filter((type) => type === "step.running"),
        ["step.running", "step.running"]
      )
    }).pipe(Effect.provide(store))
  )
})
