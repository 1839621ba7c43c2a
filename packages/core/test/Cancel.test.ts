import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Option, Ref, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { DeployEngine } from "../src/DeployEngine.ts"
import type { DeployId } from "../src/domain/Id.ts"
import { makeStep } from "../src/plan/Step.ts"
import { hangs, succeeds } from "../src/testing/ScriptedTarget.ts"
import { ada, create, engine, read, story } from "./fixtures/engine.ts"

const cancel = (id: DeployId, reason?: string) =>
  DeployEngine.use((deploys) => deploys.cancel(ada, id, reason === undefined ? {} : { reason }))

/** Waits for an event of this type. */
const reached = (id: DeployId, type: string) =>
  DeployEngine.use((deploys) => Stream.runHead(Stream.filter(deploys.events(ada, id), (event) => event.type === type)))

describe("cancelling a deploy", () => {
  it.effect("ends it at once, and stops the step at work", () =>
    Effect.gen(function* () {
      const stopped = yield* Ref.make(false)
      const upload = hangs("upload", { run: () => Effect.onInterrupt(Effect.never, () => Ref.set(stopped, true)) })
      yield* Effect.gen(function* () {
        const { id } = yield* create()
        yield* reached(id, "step.running")
        yield* cancel(id, "wrong branch")
        const { deploy } = yield* read(id)
        assert.strictEqual(deploy.failureCode, "cancelled")
        const cancellation = deploy.metadata["cancellation"]
        assert.deepInclude(cancellation, { by: "ada", reason: "wrong branch" })
        assert.deepStrictEqual((yield* story(id)).slice(-3), [
          "deploy.failed",
          "step.cancelled upload",
          "deploy.settled"
        ])
        assert.isTrue(yield* Ref.get(stopped))
        assert.deepStrictEqual(
          (yield* read(id)).steps.map((step) => step.status),
          ["cancelled", "cancelled"]
        )
      }).pipe(Effect.provide(engine(upload, succeeds("switch"))))
    })
  )

  it.effect("lets a step that can't be stopped land, and undoes what it made", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const undone = yield* Ref.make(Option.none<string>())
      const upload = makeStep({
        name: "upload",
        output: Schema.String,
        cancellation: "discard",
        run: () => Effect.as(Deferred.await(gate), "made"),
        discarded: ({ output }) => Effect.as(Ref.set(undone, output), "discarded")
      })
      yield* Effect.gen(function* () {
        const { id } = yield* create()
        const next = yield* create()
        yield* reached(id, "step.running")
        yield* cancel(id)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* read(id)).deploy.status, "failed")
        assert.strictEqual((yield* read(id)).deploy.metadata["outcome"], "settling")
        assert.strictEqual((yield* read(next.id)).deploy.status, "pending")
        yield* Deferred.succeed(gate, undefined)
        assert.deepStrictEqual((yield* story(id)).slice(-4), [
          "deploy.failed",
          "step.discarded upload",
          "step.compensated upload",
          "deploy.settled"
        ])
        assert.deepStrictEqual(yield* Ref.get(undone), Option.some("made"))
        const { deploy, steps } = yield* read(id)
        assert.strictEqual(deploy.metadata["outcome"], "discarded")
        assert.isNull(steps[0]?.output)
        yield* story(next.id)
        assert.strictEqual((yield* read(next.id)).deploy.status, "completed")
      }).pipe(Effect.provide(engine(upload)))
    })
  )

  it.effect("before it has begun prevents it, and nothing is left to settle", () =>
    Effect.gen(function* () {
      yield* create()
      const waiting = yield* create()
      yield* cancel(waiting.id)
      assert.deepStrictEqual(yield* story(waiting.id), ["deploy.created", "deploy.failed"])
      const { deploy, steps } = yield* read(waiting.id)
      assert.isNull(deploy.startedAt)
      assert.lengthOf(steps, 0)
    }).pipe(Effect.provide(engine(hangs("upload"))))
  )

  it.effect("twice answers with the first cancellation", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      const first = yield* cancel(id, "first")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* cancel(id, "second"), first)
    }).pipe(Effect.provide(engine(hangs("upload"))))
  )

  it.effect("after it has completed is refused, saying how it ended", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      yield* story(id)
      const error = yield* Effect.flip(cancel(id))
      assert(error._tag === "DeployFinished")
      assert.strictEqual(error.status, "completed")
    }).pipe(Effect.provide(engine(succeeds("upload"))))
  )

  it.effect.prop(
    "never lets it become completed, whenever it comes",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))],
    ([millis]) => {
      const slow = (name: string, cancellation: "interrupt" | "discard") =>
        makeStep({ name, output: Schema.Null, cancellation, run: () => Effect.as(Effect.sleep("10 millis"), null) })
      return Effect.gen(function* () {
        const { id } = yield* create()
        yield* TestClock.adjust(millis)
        const result = yield* Effect.result(cancel(id))
        yield* TestClock.adjust("1 minute")
        const told = yield* story(id)
        const { deploy } = yield* read(id)
        assert.strictEqual(deploy.status, result._tag === "Success" ? "failed" : "completed")
        assert.strictEqual(told.filter((type) => type === "deploy.completed" || type === "deploy.failed").length, 1)
      }).pipe(
        Effect.provide(
          Layer.fresh(engine(slow("one", "interrupt"), slow("two", "discard"), slow("three", "interrupt")))
        )
      )
    }
  )
})
