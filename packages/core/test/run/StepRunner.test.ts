import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Ref, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { RunContext } from "../../src/plan/Step.ts"
import { makeStep, type Step, StepError, type StepOptions } from "../../src/plan/Step.ts"
import { type InFlight, runStep, type StepHooks } from "../../src/run/StepRunner.ts"
import { sampleDeploy } from "../fixtures/sampleDeploy.ts"

const step = (options: Partial<StepOptions<string>>) =>
  makeStep({ name: "work", output: Schema.String, run: () => Effect.succeed("done"), ...options })

const context = (attempt: number): RunContext => ({
  deploy: sampleDeploy,
  attempt,
  starts: attempt,
  idempotencyKey: "key",
  log: () => Effect.void,
  progress: () => Effect.void,
  outputOf: () => Effect.die("no earlier step")
})

const run = Effect.fnUntraced(function* (subject: Step<unknown>, hooks: Partial<StepHooks<never>> = {}) {
  const told: Array<string> = []
  const inFlight: Array<InFlight> = []
  const scope = yield* Effect.scope
  const result = yield* Effect.result(
    runStep(subject, {
      attempt: 1,
      context,
      onStart: (attempt) => Effect.sync(() => void told.push(`start ${attempt}`)),
      onRetry: (attempt, error, delay) =>
        Effect.sync(() => void told.push(`retry ${attempt} ${error.message} ${delay}`)),
      scope,
      limit: { left: () => Infinity, over: Effect.never },
      adopted: undefined,
      onInFlight: (fiber) => void inFlight.push(fiber),
      ...hooks
    })
  )
  return { result, told, inFlight }
})

/** Runs to the end while time passes as it is waited for. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* TestClock.adjust("1 day")
    return yield* Fiber.join(fiber)
  })

describe("a step", () => {
  it.effect("returns its output in the stored form", () =>
    Effect.gen(function* () {
      const { result, told } = yield* run(step({}))
      assert.deepStrictEqual(result._tag === "Success" && result.success, { attempt: 1, output: "done" })
      assert.deepStrictEqual(told, ["start 1"])
    })
  )

  it.effect("is tried again as its schedule says, and each attempt is recorded first", () =>
    Effect.gen(function* () {
      const flaky = step({
        retry: Schedule.spaced("2 seconds").pipe(Schedule.upTo({ times: 3 })),
        run: ({ attempt }) =>
          attempt < 3 ? Effect.fail(new StepError({ message: `no ${attempt}` })) : Effect.succeed("third")
      })
      const { result, told } = yield* inTime(run(flaky))
      assert.deepStrictEqual(result._tag === "Success" && result.success, { attempt: 3, output: "third" })
      assert.deepStrictEqual(told, ["start 1", "retry 1 no 1 2000", "start 2", "retry 2 no 2 2000", "start 3"])
    })
  )

  it.effect("waits at least as long as its target asks", () =>
    Effect.gen(function* () {
      const busy = step({
        retry: Schedule.spaced("2 seconds").pipe(Schedule.upTo({ times: 2 })),
        run: ({ attempt }) =>
          attempt < 3
            ? Effect.fail(new StepError({ message: "busy", retryAfterMillis: attempt === 1 ? 7000 : 10 }))
            : Effect.succeed("third")
      })
      const { told } = yield* inTime(run(busy))
      assert.deepStrictEqual(told, ["start 1", "retry 1 busy 7000", "start 2", "retry 2 busy 2000", "start 3"])
    })
  )

  it.effect("fails with the last error when its schedule ends", () =>
    Effect.gen(function* () {
      const hopeless = step({
        retry: Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 2 })),
        run: ({ attempt }) => Effect.fail(new StepError({ message: `no ${attempt}` }))
      })
      const { result } = yield* inTime(run(hopeless))
      assert(result._tag === "Failure" && result.failure._tag === "StepFailed")
      assert.strictEqual(result.failure.attempt, 3)
      assert.strictEqual(result.failure.error.message, "no 3")
    })
  )

  it.effect("is not tried again after an error that is not retryable", () =>
    Effect.gen(function* () {
      const { result, told } = yield* run(
        step({ run: () => Effect.fail(new StepError({ message: "never", retryable: false })) })
      )
      assert(result._tag === "Failure")
      assert.deepStrictEqual(told, ["start 1"])
    })
  )

  it.effect("goes on behind the attempts that were used before a crash", () =>
    Effect.gen(function* () {
      const hopeless = step({
        retry: Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 2 })),
        run: () => Effect.fail(new StepError({ message: "no" }))
      })
      const { result, told } = yield* inTime(run(hopeless, { attempt: 2 }))
      assert(result._tag === "Failure" && result.failure._tag === "StepFailed" && result.failure.attempt === 3)
      assert.deepStrictEqual(told, ["start 2", "retry 2 no 2000", "start 3"])
    })
  )

  it.effect("fails when a defect is thrown, naming it", () =>
    Effect.gen(function* () {
      const { result } = yield* inTime(run(step({ run: () => Effect.die(new Error("a bug")) })))
      assert(result._tag === "Failure" && result.failure._tag === "StepFailed")
      assert.include(result.failure.error.message, "a bug")
    })
  )

  it.effect("is stopped when an attempt takes too long, and tried again", () =>
    Effect.gen(function* () {
      const stopped = yield* Ref.make(0)
      const slow = step({
        attemptTimeout: "10 seconds",
        retry: Schedule.recurs(1),
        run: () => Effect.onInterrupt(Effect.never, () => Ref.update(stopped, (n) => n + 1))
      })
      const { result } = yield* inTime(run(slow))
      assert(result._tag === "Failure" && result.failure._tag === "StepFailed")
      assert.include(result.failure.error.message, "10s")
      assert.strictEqual(yield* Ref.get(stopped), 2)
    })
  )

  it.effect("fails when all its attempts together take too long", () =>
    Effect.gen(function* () {
      const slow = step({
        timeout: "30 seconds",
        retry: Schedule.spaced("20 seconds"),
        run: () => Effect.fail(new StepError({ message: "no" }))
      })
      const { result } = yield* inTime(run(slow))
      assert(result._tag === "Failure" && result.failure._tag === "StepFailed")
      assert.strictEqual(result.failure.attempt, 2)
      assert.include(result.failure.error.message, "30s")
    })
  )

  it.effect("begins no attempt at the very end of its time", () =>
    Effect.gen(function* () {
      const slow = step({
        timeout: "20 seconds",
        retry: Schedule.spaced("20 seconds"),
        run: () => Effect.fail(new StepError({ message: "no" }))
      })
      const { result, told } = yield* inTime(run(slow))
      assert(result._tag === "Failure" && result.failure._tag === "StepFailed")
      assert.include(result.failure.error.message, "20s")
      assert.deepStrictEqual(told, ["start 1", "retry 1 no 20000"])
    })
  )

  it.effect("runs out of its own time, not of an attempt's that ends with it", () =>
    Effect.gen(function* () {
      const { result, told } = yield* inTime(
        run(step({ timeout: "10 seconds", attemptTimeout: "10 seconds", run: () => Effect.never }))
      )
      assert.include(result._tag === "Failure" && result.failure.message, "Step work took longer than 10s")
      assert.deepStrictEqual(told, ["start 1"])
    })
  )

  it.effect("does not store an output with a NUL in it", () =>
    Effect.gen(function* () {
      const { result } = yield* run(step({ run: () => Effect.succeed("a\0b") }))
      assert(result._tag === "Failure" && result.failure._tag === "StepFailed")
      assert.isFalse(result.failure.error.retryable)
    })
  )
})

describe("a step that can't be stopped", () => {
  it.effect("goes on by itself when it is given up", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const begun = yield* Deferred.make<void>()
      const fibers: Array<InFlight["fiber"]> = []
      const upload = step({
        cancellation: "discard",
        run: () => Deferred.succeed(begun, undefined).pipe(Effect.andThen(Deferred.await(gate)), Effect.as("landed"))
      })
      const fiber = yield* Effect.forkChild(run(upload, { onInFlight: ({ fiber }) => void fibers.push(fiber) }))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(fibers[0] && (yield* Fiber.join(fibers[0])), "landed")
    })
  )

  it.effect("is undone before the next attempt when an attempt takes too long", () =>
    Effect.gen(function* () {
      const undone: Array<string> = []
      const upload = step({
        cancellation: "discard",
        attemptTimeout: "10 seconds",
        retry: Schedule.recurs(1),
        run: ({ attempt }) =>
          attempt === 1 ? Effect.as(Effect.sleep("15 seconds"), "late") : Effect.succeed("in time"),
        discarded: ({ output }) =>
          Effect.sync(() => {
            undone.push(JSON.stringify(output))
            return "discarded"
          })
      })
      const { result } = yield* inTime(run(upload))
      assert.deepStrictEqual(result._tag === "Success" && result.success, { attempt: 2, output: "in time" })
      assert.lengthOf(undone, 1)
      assert.include(undone[0], "late")
    })
  )

  it.effect("is not tried again before the attempt over its limit has ended", () =>
    Effect.gen(function* () {
      const upload = step({
        cancellation: "discard",
        attemptTimeout: "10 seconds",
        timeout: "1 hour",
        retry: Schedule.recurs(2),
        run: () => Effect.never
      })
      const { result, told } = yield* inTime(run(upload))
      assert.deepStrictEqual(told, ["start 1"])
      assert.include(result._tag === "Failure" && result.failure.error.message, "longer than 1h")
    })
  )

  it.effect("is not tried again while what an attempt over its limit made can't be undone", () =>
    Effect.gen(function* () {
      const upload = step({
        cancellation: "discard",
        attemptTimeout: "10 seconds",
        retry: Schedule.recurs(2),
        run: () => Effect.as(Effect.sleep("15 seconds"), "late"),
        discarded: () => Effect.fail(new StepError({ message: "no answer" }))
      })
      const { result, told } = yield* inTime(run(upload))
      assert.deepStrictEqual(told, ["start 1"])
      assert.include(result._tag === "Failure" && result.failure.error.message, "can't be undone: no answer")
    })
  )

  it.effect("is waited for, not begun again, where an earlier claim left it at work", () =>
    Effect.gen(function* () {
      const starts = yield* Ref.make(0)
      const upload = step({
        cancellation: "discard",
        run: () =>
          Effect.as(
            Ref.update(starts, (n) => n + 1),
            "again"
          )
      })
      const adopted = yield* Effect.forkChild(Effect.as(Effect.sleep("1 second"), "left at work"))
      const { result } = yield* inTime(run(upload, { adopted }))
      assert.deepStrictEqual(result._tag === "Success" && result.success.output, "left at work")
      assert.strictEqual(yield* Ref.get(starts), 0)
    })
  )
})
