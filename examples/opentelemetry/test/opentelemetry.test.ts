import { deployTraceId } from "@deploys/core"
import { assert, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { collector, metricLines, traceTree } from "../collector.ts"
import { release } from "../release.ts"

it.live("a deploy arrives as one trace of its steps and their attempts, and in the metrics", () =>
  Effect.gen(function* () {
    const { baseUrl, collected } = yield* collector
    // Metrics are those of the process, which other tests share.
    const { id } = yield* Effect.provideService(release(baseUrl), Metric.MetricRegistry, new Map())
    const run = collected.spans.filter(({ name }) => name === "deploy.run")
    assert.deepStrictEqual(
      run.map(({ parentSpanId, traceId }) => [traceId, parentSpanId ?? ""]),
      [[deployTraceId(id), ""]]
    )
    const tree = traceTree(collected.spans.filter((span) => span.traceId === deployTraceId(id)))
    assert.deepStrictEqual(
      tree.filter((line) => /deploy\.|purge/u.test(line)).map((line) => line.replace(/ \([\d.]+ ms\)/u, "")),
      [
        "deploy.run ok",
        "  deploy.step upload ok",
        "    deploy.attempt upload error: the target is busy",
        "    deploy.attempt upload ok",
        "  deploy.step publish ok",
        "    deploy.attempt publish ok",
        "      purge cache ok"
      ]
    )
    const metrics = metricLines(collected.metrics)
    assert.include(metrics, "deploy.ended{end=completed} 1 {deploy}")
    assert.include(metrics, "deploy.step.retries{step=upload} 1 {attempt}")
    assert.isTrue(metrics.some((line) => /^deploy\.time_to_start\{\} 1 values, [\d.]+ in all s$/u.test(line)))
  })
)
