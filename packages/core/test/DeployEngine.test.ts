import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { DeployEngine } from "../src/DeployEngine.ts"
import type { StepOptions, Undone } from "../src/plan/Step.ts"
import { makeStep } from "../src/plan/Step.ts"
import { runnerOptions } from "../src/run/RunnerOptions.ts"
import { fails, hangs, succeeds } from "../src/testing/ScriptedTarget.ts"
import { ada, create, engine, read, story } from "./fixtures/engine.ts"

const cancel = (id: Parameters<DeployEngine["Service"]["cancel"]>[1]) =>
  DeployEngine.use((deploys) => deploys.cancel(ada, id, { reason: "enough" }))

/** A compensation that notes that it ran. */
const undoes = (
  told: Array<string>,
  outcome: Undone = "discarded"
): Pick<StepOptions<Schema.Json>, "compensation"> => ({
  compensation: ({ idempotencyKey }) =>
    Effect.sync(() => {
      told.push(idempotencyKey.split(".")[1] ?? "")
      return outcome
    })
})

describe("a deploy", () => {
  it.effect("is awaited until it is final, by what happens to it alone", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      const waiting = yield* Effect.forkChild(
        DeployEngine.use((deploys) => deploys.awaitFinal(ada, id)),
        { startImmediately: true }
      )
      assert.isUndefined(waiting.pollUnsafe())
      // The clock of the test stands still, so looking again after a while would never come.
      yield* cancel(id)
      assert.include(yield* Fiber.join(waiting), { id, status: "failed", failureCode: "cancelled", canCancel: false })
    }).pipe(Effect.provide(engine(hangs("publish"))))
  )

  it.effect("that is final already is not waited for, and a hidden one is not found", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      yield* story(id)
      const engine = yield* DeployEngine
      assert.include(yield* engine.awaitFinal(ada, id), { status: "completed" })
      const stranger = { subject: "eve", everywhere: [], workspaces: {} }
      assert.include(yield* Effect.flip(engine.awaitFinal(stranger, id)), { _tag: "NotFound" })
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )

  it.effect("runs its steps in order, each recorded before the next", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      assert.deepStrictEqual(yield* story(id), [
        "deploy.created",
        "deploy.running",
        "step.running build",
        "step.completed build",
        "step.running publish",
        "step.completed publish",
        "deploy.completed"
      ])
      const { deploy, steps } = yield* read(id)
      assert.strictEqual(deploy.status, "completed")
      assert.isTrue(deploy.isLive)
      assert.deepStrictEqual(
        steps.map((step) => [step.status, step.attempt, step.output]),
        [
          ["completed", 1, "built"],
          ["completed", 1, null]
        ]
      )
    }).pipe(Effect.provide(engine(succeeds("build", "built"), succeeds("publish"))))
  )

  it.effect("takes its addresses from the outputs of its steps", () => {
    const publish = makeStep({
      name: "publish",
      output: Schema.Struct({ host: Schema.String }),
      run: () => Effect.succeed({ host: "shop" }),
      previewUrl: ({ host }) => `http://one.${host}/`,
      productionUrl: ({ host }) => `http://${host}/`
    })
    return Effect.gen(function* () {
      const { id } = yield* create()
      yield* story(id)
      const { deploy } = yield* read(id)
      assert.strictEqual(deploy.previewUrl, "http://one.shop/")
      assert.strictEqual(deploy.productionUrl, "http://shop/")
    }).pipe(Effect.provide(engine(publish)))
  })

  it.effect("gives later steps what earlier ones returned", () => {
    const count = makeStep({ name: "count", output: Schema.Int, run: () => Effect.succeed(41) })
    const add = makeStep({
      name: "add",
      output: Schema.Int,
      run: ({ outputOf }) => Effect.map(outputOf(count), (n) => n + 1)
    })
    return Effect.gen(function* () {
      const { id } = yield* create()
      yield* story(id)
      assert.strictEqual((yield* read(id)).steps[1]?.output, 42)
    }).pipe(Effect.provide(engine(count, add)))
  })

  it.effect("fails with the step that failed, and cancels those not reached", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      assert.deepStrictEqual((yield* story(id)).slice(2), [
        "step.running upload",
        "step.failed upload",
        "deploy.failed"
      ])
      const { deploy, steps } = yield* read(id)
      assert.strictEqual(deploy.failureCode, "step_failed")
      assert.strictEqual(deploy.error, "Step upload failed: disk full")
      assert.strictEqual(deploy.metadata["outcome"], "prevented")
      assert.deepStrictEqual(
        steps.map((step) => step.status),
        ["failed", "cancelled"]
      )
    }).pipe(Effect.provide(engine(fails("upload", "disk full"), succeeds("publish"))))
  )

  it.effect("undoes its steps in reverse order after it has failed", () => {
    const told: Array<string> = []
    return Effect.gen(function* () {
      const { id } = yield* create()
      assert.deepStrictEqual((yield* story(id)).slice(-5), [
        "step.failed verify",
        "deploy.failed",
        "step.compensated switch",
        "step.compensated upload",
        "deploy.settled"
      ])
      assert.deepStrictEqual(told, ["switch", "upload"])
      assert.strictEqual((yield* read(id)).deploy.metadata["outcome"], "reverted")
    }).pipe(
      Effect.provide(
        engine(succeeds("upload", 1, undoes(told)), succeeds("switch", 2, undoes(told, "reverted")), fails("verify"))
      )
    )
  })

  it.effect("is unresolved when undoing fails, and says why", () => {
    const compensation = () => Effect.die(new Error("the API is down"))
    return Effect.gen(function* () {
      const { id } = yield* create()
      const events = yield* DeployEngine.use((deploys) => Stream.runCollect(deploys.events(ada, id)))
      const compensated = events.find((event) => event.type === "step.compensated")
      assert(compensated?.type === "step.compensated")
      assert.include(compensated.data.error, "the API is down")
      assert.strictEqual((yield* read(id)).deploy.metadata["outcome"], "unresolved")
    }).pipe(Effect.provide(engine(succeeds("switch", 1, { compensation, retry: Schedule.recurs(0) }), fails("verify"))))
  })

  it.effect("waits until the one before it has freed the lane", () =>
    Effect.gen(function* () {
      const first = yield* create()
      const second = yield* create()
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* read(second.id)).deploy.status, "pending")
      yield* cancel(first.id)
      yield* Effect.yieldNow
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* read(second.id)).deploy.status, "running")
    }).pipe(Effect.provide(engine(hangs("upload"))))
  )

  it.effect("of another app runs beside it", () =>
    Effect.gen(function* () {
      yield* create("1")
      const other = yield* create("2")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* read(other.id)).deploy.status, "running")
    }).pipe(Effect.provide(engine(hangs("upload"))))
  )

  it.effect("fails as timed out when it takes longer than its limit", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual((yield* story(id)).slice(2), [
        "step.running upload",
        "step.cancelled upload",
        "deploy.failed"
      ])
      assert.strictEqual((yield* read(id)).deploy.failureCode, "timed_out")
    }).pipe(Effect.provide(engine(hangs("upload")).pipe(Layer.provide(runnerOptions({ deployTimeout: "1 minute" })))))
  )
})
