import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option, Ref, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { StoreError } from "../../src/domain/DeployError.ts"
import { DeployMove } from "../../src/domain/DeployMove.ts"
import { makeStep, StepError } from "../../src/plan/Step.ts"
import { DeployStore } from "../../src/ports/DeployStore.ts"
import { DeployTarget, TargetRejected } from "../../src/ports/DeployTarget.ts"
import { DeployRunner } from "../../src/run/DeployRunner.ts"
import { hangs, succeeds } from "../../src/testing/ScriptedTarget.ts"
import { insert, ports, read, runnerOn, store } from "../fixtures/engine.ts"
import { events, first, id, killedNode, node, started, stepCompleted, types } from "../fixtures/nodes.ts"

describe("a runner", () => {
  it.effect("goes on behind the last finished step of a node that was killed", () =>
    Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      const counted = makeStep({
        name: "first",
        output: Schema.Null,
        run: () =>
          Effect.as(
            Ref.update(runs, (n) => n + 1),
            null
          )
      })
      const steps = [counted, succeeds("second")]
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode(steps, started(1), stepCompleted)
      const early = yield* node(...steps)
      yield* Fiber.join(early.running)
      assert.strictEqual((yield* read(id)).deploy.status, "running")
      yield* TestClock.adjust("16 seconds")
      const late = yield* node(...steps)
      yield* Fiber.join(late.running)
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
      assert.strictEqual(yield* Ref.get(runs), 0)
    }).pipe(Effect.provide(store))
  )

  it.effect("runs a step again that a crash ended, under the same attempt", () =>
    Effect.gen(function* () {
      const seen = yield* Ref.make<ReadonlyArray<string>>([])
      const step = makeStep({
        name: "first",
        output: Schema.Null,
        run: ({ attempt, starts }) =>
          Effect.as(
            Ref.update(seen, (all) => [...all, `attempt ${attempt}, start ${starts}`]),
            null
          )
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([step], started(1))
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(step)).running)
      const record = yield* read(id)
      assert.deepStrictEqual(yield* Ref.get(seen), ["attempt 1, start 2"])
      assert.deepStrictEqual([record.deploy.status, record.steps[0]?.starts], ["completed", 2])
    }).pipe(Effect.provide(store))
  )

  it.effect("goes on with the next attempt when a crash came between two", () =>
    Effect.gen(function* () {
      const seen = yield* Ref.make<ReadonlyArray<number>>([])
      const step = makeStep({
        name: "first",
        output: Schema.Null,
        run: ({ attempt }) =>
          Effect.andThen(
            Ref.update(seen, (all) => [...all, attempt]),
            Effect.fail(new StepError({ message: "again" }))
          ),
        retry: Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 1 }))
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      const retrying = DeployMove.StepRetrying({ step: first, attempt: 1, error: "again", delayMillis: 1000 })
      yield* killedNode([step], started(1), retrying)
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(step)).running)
      assert.deepStrictEqual(yield* Ref.get(seen), [2])
      assert.strictEqual((yield* read(id)).deploy.failureCode, "step_failed")
    }).pipe(Effect.provide(store))
  )

  it.effect("gives up a step that has ended its process five times", () =>
    Effect.gen(function* () {
      const step = succeeds("first")
      yield* insert(id).pipe(Effect.provide(ports()))
      for (let crash = 0; crash < 5; crash++) yield* killedNode([step], started(1))
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(step)).running)
      const { deploy } = yield* read(id)
      assert.strictEqual(deploy.failureCode, "step_failed")
      assert.include(deploy.error, "5 times")
    }).pipe(Effect.provide(store))
  )

  it.effect("gives its claim back when it is stopped, so that another goes on at once", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      const stopped = yield* node(hangs("first"))
      yield* TestClock.adjust("1 second")
      yield* stopped.stop
      yield* Fiber.join((yield* node(succeeds("first"))).running)
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
    }).pipe(Effect.provide(store))
  )

  it.effect("runs a deploy once however often it is told to", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      const one = yield* node(hangs("first"))
      yield* TestClock.adjust("1 second")
      yield* one.run
      const deploys = yield* DeployStore
      assert.deepStrictEqual(yield* deploys.renew([{ deployId: id, epoch: 1 }], 1000), [{ deployId: id, epoch: 1 }])
      yield* one.stop
    }).pipe(Effect.provide(store))
  )

  it.effect("lets its lease run out when it is stopped while an attempt can't be", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      const stopped = yield* node(hangs("first", { cancellation: "discard" }))
      yield* TestClock.adjust("1 second")
      yield* stopped.stop
      const claimable = DeployStore.use((deploys) => deploys.claimable({ owner: "other", limit: 1 }))
      assert.deepStrictEqual(yield* claimable, [])
      yield* TestClock.adjust("16 seconds")
      assert.deepStrictEqual(yield* claimable, [id])
    }).pipe(Effect.provide(store))
  )

  it.effect("keeps its claim for as long as a step takes", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      const slow = makeStep({
        name: "first",
        output: Schema.Null,
        run: () => Effect.as(Effect.sleep("4 minutes"), null)
      })
      const one = yield* node(slow)
      yield* TestClock.adjust("2 minutes")
      const other = yield* node(slow)
      yield* Fiber.join(other.running)
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(one.running)
      assert.deepStrictEqual(
        (yield* types).filter((type) => type === "step.running"),
        ["step.running"]
      )
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
    }).pipe(Effect.provide(store))
  )

  it.effect("tries again by a new attempt where the store failed it between two", () =>
    Effect.gen(function* () {
      const attempts = yield* Ref.make<ReadonlyArray<number>>([])
      const step = makeStep({
        name: "first",
        output: Schema.Null,
        cancellation: "discard",
        run: ({ attempt }) =>
          Effect.andThen(
            Ref.update(attempts, (all) => [...all, attempt]),
            attempt === 1 ? Effect.fail(new StepError({ message: "again" })) : Effect.succeed(null)
          ),
        retry: Schedule.spaced("10 minutes").pipe(Schedule.upTo({ times: 1 }))
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      const deploys = yield* DeployStore
      const isCut = yield* Ref.make(false)
      const cut = new StoreError({ operation: "renew", cause: "cut" })
      const shaky = DeployStore.of({
        ...deploys,
        renew: (...leases) =>
          Effect.flatMap(Ref.get(isCut), (cuts) => (cuts ? Effect.fail(cut) : deploys.renew(...leases)))
      })
      const one = yield* Effect.provideService(node(step), DeployStore, shaky)
      yield* Ref.set(isCut, true)
      yield* TestClock.adjust("30 seconds")
      yield* Ref.set(isCut, false)
      yield* TestClock.adjust("10 minutes")
      yield* Fiber.join(one.running)
      assert.deepStrictEqual(yield* Ref.get(attempts), [1, 2])
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
    }).pipe(Effect.provide(store))
  )

  it.effect("fails a deploy that its target rejects, with the target's words", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      const refusing = Layer.succeed(DeployTarget, {
        plan: () => Effect.fail(new TargetRejected({ message: "no such region" }))
      })
      const one = DeployRunner.use((deploys) => deploys.run(id))
      yield* one.pipe(Effect.provide(Layer.fresh(runnerOn(refusing))))
      const { deploy } = yield* read(id)
      assert.deepStrictEqual([deploy.failureCode, deploy.error], ["target_rejected", "no such region"])
    }).pipe(Effect.provide(store))
  )

  it.effect("keeps log lines in order among the moves, and cuts long ones", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      const talks = makeStep({
        name: "first",
        output: Schema.Null,
        run: ({ log }) => log("hello").pipe(Effect.andThen(log("é".repeat(9000), "warn")), Effect.as(null))
      })
      yield* Fiber.join((yield* node(talks)).running)
      assert.deepStrictEqual((yield* types).slice(2), [
        "step.running",
        "log",
        "log",
        "step.completed",
        "deploy.completed"
      ])
      const lines = (yield* events).flatMap((event) => (event.type === "log" ? [event.data] : []))
      assert.deepStrictEqual(lines[0], { level: "info", message: "hello", step: "first" })
      assert.isAtMost(new TextEncoder().encode(lines[1]?.message).length, 8192)
      assert.include(lines[1]?.message, "(cut)")
    }).pipe(Effect.provide(store))
  )

  it.effect("writes log lines while their step is still at work", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      const talks = makeStep({
        name: "first",
        output: Schema.Null,
        run: ({ log }) => Effect.andThen(log("begun"), Effect.never)
      })
      const one = yield* node(talks)
      yield* TestClock.adjust("200 millis")
      assert.strictEqual((yield* types).at(-1), "log")
      yield* one.stop
    }).pipe(Effect.provide(store))
  )

  it.effect("stops at once when its writes are refused, and writes nothing more", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      const gate = yield* Deferred.make<void>()
      const stopped = yield* Ref.make(false)
      const step = makeStep({
        name: "first",
        output: Schema.Null,
        run: ({ attempt }) =>
          attempt === 1
            ? Effect.andThen(Deferred.await(gate), Effect.fail(new StepError({ message: "again" })))
            : Effect.onInterrupt(Effect.never, () => Ref.set(stopped, true))
      })
      const one = yield* node(step)
      const deploys = yield* DeployStore
      yield* deploys.release([{ deployId: id, epoch: 1 }])
      const thief = Option.getOrThrow(
        yield* deploys.claim({ deployId: id, owner: "thief", leaseMillis: 60_000, steps: [step] })
      )
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(one.running)
      assert.deepStrictEqual(yield* types, ["deploy.created", "deploy.running", "step.running"])
      assert.strictEqual(thief.epoch, 2)
    }).pipe(Effect.provide(store))
  )
})
