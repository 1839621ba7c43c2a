import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { DeployEngine } from "../../src/DeployEngine.ts"
import * as DeployMetrics from "../../src/run/DeployMetrics.ts"
import { layerOf, fails, hangs, succeeds } from "../../src/testing/ScriptedTarget.ts"
import { ada, create, everyBuild, store, story } from "../fixtures/engine.ts"
import { tracing } from "../fixtures/tracing.ts"

/** An engine whose deploys of `app_X` do what X says. */
const target = layerOf(({ entity }) => {
  if (entity.id === "app_hangs") return [hangs("upload")]
  if (entity.id === "app_fails") {
    return [fails("upload", "no", { retry: Schedule.spaced("2 seconds").pipe(Schedule.upTo({ times: 3 })) })]
  }
  return [succeeds("upload")]
})

const measured = () =>
  Layer.provideMerge(
    Layer.provideMerge(
      Layer.merge(DeployEngine.layerWithRunner, DeployMetrics.layerPending),
      Layer.mergeAll(store, everyBuild, target)
    ),
    tracing().layer
  )

/** Name and labels of a metric, without its unit. */
const labelled = ({ attributes = {}, id }: Metric.Metric.Snapshot) =>
  [id, ...Object.entries(attributes).flatMap(([key, value]) => (key === "unit" ? [] : [value]))].join(" ")

describe("the metrics of deploys", () => {
  it.effect("count what starts, is retried, waits and ends", () =>
    Effect.gen(function* () {
      const done = yield* create("1")
      yield* story(done.id)
      const failing = yield* create("fails")
      yield* TestClock.adjust("10 seconds")
      yield* story(failing.id)
      const hanging = yield* create("hangs")
      const waiting = yield* create("hangs")
      yield* TestClock.adjust("1 minute")
      const snapshot = yield* Metric.snapshot
      const find = (name: string) => snapshot.find((each) => labelled(each) === name)?.state
      assert.deepInclude(find("deploy.running"), { value: 1 })
      assert.deepInclude(find("deploy.pending"), { value: 1 })
      yield* DeployEngine.use((deploys) => deploys.cancel(ada, waiting.id))
      yield* DeployEngine.use((deploys) => deploys.cancel(ada, hanging.id))
      yield* DeployEngine.use((deploys) => deploys.cancel(ada, hanging.id))
      yield* TestClock.adjust("1 minute")
      const after = new Map((yield* Metric.snapshot).map((each) => [labelled(each), each.state]))
      assert.deepInclude(after.get("deploy.running"), { value: 0 })
      assert.deepInclude(after.get("deploy.pending"), { value: 0 })
      assert.deepInclude(after.get("deploy.ended completed"), { count: 1 })
      assert.deepInclude(after.get("deploy.ended step_failed"), { count: 1 })
      assert.deepInclude(after.get("deploy.ended cancelled"), { count: 2 })
      assert.deepInclude(after.get("deploy.step.retries upload"), { count: 3 })
      assert.deepInclude(after.get("deploy.time_to_start"), { count: 3 })
      assert.deepInclude(after.get("deploy.run_time step_failed"), { count: 1, sum: 6 })
    }).pipe(Effect.provide(measured()))
  )
})
