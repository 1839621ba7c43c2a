import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { DeployEngine } from "../../src/DeployEngine.ts"
import { DeployId } from "../../src/domain/Id.ts"
import { makeStep, StepError, type Step } from "../../src/plan/Step.ts"
import { DeployRunner } from "../../src/run/DeployRunner.ts"
import { deployTraceId } from "../../src/run/DeploySpans.ts"
import * as ScriptedTarget from "../../src/testing/ScriptedTarget.ts"
import { ada, create, engine, everyBuild, insert, runnerOn, store, story } from "../fixtures/engine.ts"
import { tracing, treeOf } from "../fixtures/tracing.ts"

const { fails, hangs, succeeds } = ScriptedTarget

/** Runs with an engine of these steps, and answers with the spans that it made. */
const traced = <A, E>(
  steps: ReadonlyArray<Step<unknown>>,
  use: Effect.Effect<A, E, Layer.Success<ReturnType<typeof engine>>>
) => {
  const { layer, spans } = tracing()
  return Effect.as(Effect.provide(use, Layer.provide(engine(...steps), layer)), spans)
}

/** Fails twice and then succeeds. */
const flaky = makeStep({
  name: "upload",
  output: Schema.Null,
  retry: Schedule.spaced("1 second"),
  run: ({ attempt }) => (attempt < 3 ? Effect.fail(new StepError({ message: "busy" })) : Effect.succeed(null))
})

describe("the trace of a deploy", () => {
  it("has the bits of the deploy's id for its own", () => {
    assert.strictEqual(
      deployTraceId(DeployId.make("dep_01h455vb4pex5vsknk084sn02q")),
      "01890a5dac96774bbcceb302099a8057"
    )
    assert.strictEqual(deployTraceId(DeployId.make("dep_7zzzzzzzzzzzzzzzzzzzzzzzzz")), "f".repeat(32))
  })

  it.effect("is not that of an engine that looks for work and finds none", () =>
    Effect.gen(function* () {
      const spans = yield* traced([succeeds("publish")], TestClock.adjust("1 minute"))
      assert.deepStrictEqual(
        spans.map(({ name }) => name),
        []
      )
    })
  )

  it.effect("has a span for the run, each step and each attempt", () =>
    Effect.gen(function* () {
      const spans = yield* traced(
        [flaky, succeeds("publish")],
        Effect.gen(function* () {
          const { id } = yield* create()
          yield* TestClock.adjust("10 seconds")
          yield* story(id)
          return id
        })
      )
      assert.deepStrictEqual(treeOf(spans), [
        "deploy.run: ok",
        "  deploy.step upload: ok",
        "    deploy.attempt upload: Fail",
        "    deploy.attempt upload: Fail",
        "    deploy.attempt upload: ok",
        "  deploy.step publish: ok",
        "    deploy.attempt publish: ok"
      ])
      const own = spans.filter(({ name }) => name.startsWith("deploy."))
      const run = own.find(({ name }) => name === "deploy.run")
      assert.deepStrictEqual([...new Set(own.map(({ traceId }) => traceId))], [run?.traceId])
      const { "deploy.id": id, "deploy.runner": runner, ...attributes } = Object.fromEntries(run?.attributes ?? [])
      assert.strictEqual(run?.traceId, deployTraceId(DeployId.make(String(id))))
      assert.match(String(runner), /^run_/u)
      assert.deepStrictEqual(attributes, {
        "deploy.workspace_id": "ws_1",
        "deploy.entity_id": "app_1",
        "deploy.build_id": "bld_1",
        "deploy.sequence_number": 1,
        "deploy.trigger": "manual",
        "deploy.epoch": 1,
        "deploy.status": "completed"
      })
      assert.deepStrictEqual(
        own
          .filter(({ name }) => name.startsWith("deploy.attempt upload"))
          .map(({ attributes }) => attributes.get("deploy.step.attempt")),
        [1, 2, 3]
      )
    })
  )

  it.effect("ends in an error where the deploy has failed, down to its attempt", () =>
    Effect.gen(function* () {
      const spans = yield* traced(
        [fails("upload", "no space")],
        Effect.flatMap(create(), ({ id }) => story(id))
      )
      assert.deepStrictEqual(treeOf(spans), [
        "deploy.run: Fail",
        "  deploy.step upload: Fail",
        "    deploy.attempt upload: Fail"
      ])
      const run = spans.find(({ name }) => name === "deploy.run")
      assert.deepStrictEqual(
        ["deploy.status", "error.type", "deploy.error"].map((key) => run?.attributes.get(key)),
        ["failed", "step_failed", "Step upload failed: no space"]
      )
    })
  )

  it.effect("is that of what a step does, also without a tracer", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const step = makeStep({
        name: "upload",
        output: Schema.Null,
        run: () =>
          Effect.as(
            Effect.flatMap(Effect.orDie(Effect.currentSpan), ({ traceId }) => Effect.sync(() => seen.push(traceId))),
            null
          )
      })
      const { id } = yield* Effect.provide(
        Effect.tap(create(), ({ id }) => story(id)),
        engine(step)
      )
      assert.deepStrictEqual(seen, [deployTraceId(id)])
    })
  )

  it.effect("shows what a cancel stopped, and its settling", () =>
    Effect.gen(function* () {
      const undoable = hangs("upload", {
        compensation: () => Effect.fail(new StepError({ message: "stuck", retryable: false }))
      })
      const spans = yield* traced(
        [undoable],
        Effect.gen(function* () {
          const { id } = yield* create()
          yield* TestClock.adjust("1 second")
          yield* DeployEngine.use((deploys) => deploys.cancel(ada, id))
          yield* TestClock.adjust("1 minute")
          yield* story(id)
        })
      )
      assert.deepStrictEqual(treeOf(spans), [
        "deploy.run: ok",
        "  deploy.step upload: Interrupt",
        "    deploy.attempt upload: Interrupt",
        "deploy.settle: Fail",
        "  deploy.undo upload: Fail"
      ])
      const settle = spans.find(({ name }) => name === "deploy.settle")
      assert.strictEqual(settle?.attributes.get("deploy.outcome"), "unresolved")
    })
  )

  it.effect("goes on in the run of another runner", () =>
    Effect.gen(function* () {
      const { layer, spans } = tracing()
      const id = DeployId.make("dep_01j00000000000000000000001")
      const gate = yield* Deferred.make<void>()
      const step = makeStep({ name: "upload", output: Schema.Null, run: () => Effect.as(Deferred.await(gate), null) })
      const node = Layer.fresh(runnerOn(ScriptedTarget.layer(step)))
      yield* Effect.gen(function* () {
        yield* insert(id)
        const run = DeployRunner.use((runner) => runner.run(id))
        yield* Effect.timeoutOption(Effect.provide(run, node), "1 second").pipe(
          Effect.forkChild({ startImmediately: true })
        )
        yield* TestClock.adjust("2 seconds")
        yield* Deferred.succeed(gate, undefined)
        yield* Effect.provide(run, node)
      }).pipe(Effect.provide([store, everyBuild, layer]))
      assert.deepStrictEqual(treeOf(spans), [
        "deploy.run: Interrupt",
        "  deploy.step upload: Interrupt",
        "    deploy.attempt upload: Interrupt",
        "deploy.run: ok",
        "  deploy.step upload: ok",
        "    deploy.attempt upload: ok"
      ])
      const runs = spans.filter(({ name }) => name === "deploy.run")
      assert.deepStrictEqual(
        runs.map(({ attributes, traceId }) => [traceId, attributes.get("deploy.epoch")]),
        [
          [deployTraceId(id), 1],
          [deployTraceId(id), 2]
        ]
      )
    })
  )
})
