/**
 * Exports the trace and the metrics of a deploy by OpenTelemetry, to a receiver of its own so that it runs everywhere, and
 * prints what has arrived there. With a collector: its address in place of the receiver's, or `Otlp.layerFromConfig`.
 */
import { deployTraceId } from "@deploys/core"
import { Console, Effect } from "effect"
import { collector, metricLines, traceTree } from "./collector.ts"
import { release } from "./release.ts"

const program = Effect.gen(function* () {
  const { baseUrl, collected } = yield* collector
  const { id, status } = yield* release(baseUrl)
  const traceId = deployTraceId(id)
  yield* Console.log(`${id} is ${status}; its trace is ${traceId}:`)
  const spans = collected.spans.filter((span) => span.traceId === traceId)
  for (const line of traceTree(spans)) yield* Console.log(`  ${line}`)
  for (const line of metricLines(collected.metrics)) yield* Console.log(line)
  if (spans.length === 0 || collected.metrics.length === 0) return yield* Effect.die(new Error("Nothing has arrived"))
})

await Effect.runPromise(Effect.scoped(program))
