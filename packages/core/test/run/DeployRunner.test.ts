import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Ref, Schedule, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import { StoreError } from "../../src/domain/DeployError.ts"
import { DeployMove } from "../../src/domain/DeployMove.ts"
import { DeployId } from "../../src/domain/Id.ts"
import { makeStep, type Step, StepError } from "../../src/plan/Step.ts"
import { DeployStore } from "../../src/ports/DeployStore.ts"
import { DeployTarget, TargetRejected } from "../../src/ports/DeployTarget.ts"
import { DeployRunner } from "../../src/run/DeployRunner.ts"
import * as ScriptedTarget from "../../src/testing/ScriptedTarget.ts"
import { hangs, succeeds } from "../../src/testing/ScriptedTarget.ts"
import { insert, ports, read, runnerOn, store } from "../fixtures/engine.ts"

const id = DeployId.make("dep_01j00000000000000000000000")

/** A node: a runner of its own, which runs the deploy until its scope is closed. */
const node = Effect.fnUntraced(function* (...steps: ReadonlyArray<Step<unknown>>) {
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(Layer.fresh(runnerOn(ScriptedTarget.layer(...steps))), scope)
  const run = Effect.provide(
    DeployRunner.use((one) => one.run(id)),
    context
  )
  const running = yield* Effect.forkChild(run, { startImmediately: true })
  return { run, running, stop: Effect.andThen(Fiber.interrupt(running), Scope.close(scope, Exit.void)) }
})

/** What a node leaves behind that was killed: a claim that nobody renews, and the moves that it made, one by one. */
const killedNode = Effect.fnUntraced(function* (
  steps: ReadonlyArray<Step<unknown>>,
  ...moves: ReadonlyArray<DeployMove>
) {
  const deploys = yield* DeployStore
  const request = { deployId: id, owner: "killed", leaseMillis: 15_000, steps }
  const claim = Option.getOrThrow(yield* deploys.claim(request))
  const fence = { deployId: id, epoch: claim.epoch, by: "killed" }
  yield* Effect.forEach(moves, (move, sent) =>
    deploys.move([{ ...fence, after: claim.lastEvent + sent, moves: [move] }])
  )
})

const events = Effect.flatMap(DeployStore, (deploys) => deploys.events({ deployId: id, after: 0, limit: 1000 }))
const types = Effect.map(events, (all) => all.map((event) => event.type))

const first = { index: 0, name: "first" }
const stepCompleted = DeployMove.StepCompleted({ step: first, attempt: 1, output: null, previewUrl: null })
const started = (attempt: number) => DeployMove.StepStarted({ step: first, attempt })

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
      const seen = yield* Ref.make<ReadonlyArray<number>>([])
      const step = makeStep({
        name: "first",
        output: Schema.Null,
        run: ({ attempt }) =>
          Effect.as(
            Ref.update(seen, (all) => [...all, attempt]),
            null
          )
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([step], started(1))
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(step)).running)
      const record = yield* read(id)
      assert.deepStrictEqual(yield* Ref.get(seen), [1])
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

  it.effect("settles what a killed node left to undo", () =>
    Effect.gen(function* () {
      const undone = yield* Ref.make(0)
      const step = succeeds("first", "made", {
        compensation: () =>
          Effect.as(
            Ref.update(undone, (n) => n + 1),
            "reverted"
          )
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([step], started(1))
      yield* DeployStore.use((deploys) => deploys.cancel({ deployId: id, by: "eve", reason: null }))
      assert.strictEqual((yield* read(id)).deploy.metadata["outcome"], "settling")
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(step)).running)
      assert.strictEqual((yield* read(id)).deploy.metadata["outcome"], "reverted")
      assert.strictEqual(yield* Ref.get(undone), 1)
    }).pipe(Effect.provide(store))
  )

  it.effect("waits for what it had left at work when the store failed it", () =>
    Effect.gen(function* () {
      const story = yield* Ref.make<ReadonlyArray<string>>([])
      const note = (what: string) => Ref.update(story, (all) => [...all, what])
      const step = succeeds("first", null, {
        cancellation: "discard",
        run: () => Effect.sleep("10 seconds").pipe(Effect.andThen(note("landed")), Effect.as(null)),
        compensation: () => Effect.as(note("undone"), "reverted")
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      const deploys = yield* DeployStore
      const isDown = yield* Ref.make(false)
      const down = new StoreError({ operation: "find", cause: "down" })
      const shaky = DeployStore.of({
        ...deploys,
        find: (id) => Effect.flatMap(Ref.get(isDown), (fails) => (fails ? Effect.fail(down) : deploys.find(id)))
      })
      const one = yield* Effect.provideService(node(step), DeployStore, shaky)
      yield* TestClock.adjust("1 second")
      yield* Ref.set(isDown, true)
      yield* deploys.cancel({ deployId: id, by: "eve", reason: null })
      assert.strictEqual(yield* Effect.flip(Fiber.join(one.running)), down)
      yield* Ref.set(isDown, false)
      const again = yield* Effect.forkChild(one.run)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(again)
      assert.deepStrictEqual(yield* Ref.get(story), ["landed", "undone"])
    }).pipe(Effect.provide(store))
  )

  it.effect("fails a deploy whose plan has lost a step that was open", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([succeeds("first"), succeeds("second")], started(1))
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(succeeds("second"))).running)
      const { deploy } = yield* read(id)
      assert.strictEqual(deploy.failureCode, "plan_changed")
      assert.include(deploy.error, "first")
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
