/** What an OpenTelemetry Collector does with what it is sent, as far as an example needs it: it keeps it. */
import { Effect, Schema } from "effect"
import { createServer, type IncomingHttpHeaders } from "node:http"

const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optionalKey(Schema.String),
  name: Schema.String,
  startTimeUnixNano: Schema.String,
  endTimeUnixNano: Schema.String,
  /** 1 is ok, 2 an error. */
  status: Schema.Struct({ code: Schema.Number, message: Schema.optionalKey(Schema.String) })
})
export type Span = typeof Span.Type

const Traces = Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) }))
})

const Point = Schema.Struct({
  attributes: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.Record(Schema.String, Schema.Unknown) })),
  asDouble: Schema.optionalKey(Schema.Number),
  count: Schema.optionalKey(Schema.Union([Schema.Number, Schema.String])),
  sum: Schema.optionalKey(Schema.Number)
})
const Points = Schema.optionalKey(Schema.Struct({ dataPoints: Schema.Array(Point) }))
const Metric = Schema.Struct({
  name: Schema.String,
  unit: Schema.String,
  sum: Points,
  gauge: Points,
  histogram: Points
})
export type Metric = typeof Metric.Type

const Metrics = Schema.Struct({
  resourceMetrics: Schema.Array(
    Schema.Struct({ scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Metric) })) })
  )
})

const decodeTraces = Schema.decodeUnknownSync(Traces)
const decodeMetrics = Schema.decodeUnknownSync(Metrics)

/** A request as it came. */
export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What was sent so far: every request, and out of those in JSON all spans, and the metrics as they were last. */
export interface Collected {
  readonly requests: Array<Received>
  readonly spans: Array<Span>
  metrics: ReadonlyArray<Metric>
}

const take = (collected: Collected, received: Received) => {
  collected.requests.push(received)
  const { headers, path } = received
  if (headers["content-type"] !== "application/json") return
  const body: unknown = JSON.parse(received.body.toString())
  if (path === "/v1/traces") {
    const { resourceSpans } = decodeTraces(body)
    collected.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
  }
  if (path === "/v1/metrics") {
    const { resourceMetrics } = decodeMetrics(body)
    collected.metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
  }
}

/** A receiver of OTLP over HTTP on a port of its own, for as long as the scope is open. */
export const collector = Effect.gen(function* () {
  const collected: Collected = { requests: [], spans: [], metrics: [] }
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { headers, url = "" } = request
      take(collected, { path: url, headers, body: Buffer.concat(chunks) })
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => server.close().closeAllConnections())
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { baseUrl: `http://127.0.0.1:${port}`, collected }
})

/** The spans of one trace as lines, each below its parent. */
export const traceTree = (spans: ReadonlyArray<Span>, parent = "", indent = ""): ReadonlyArray<string> =>
  spans.flatMap((span) => {
    if ((span.parentSpanId ?? "") !== parent) return []
    const millis = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1_000_000
    const outcome = span.status.code === 2 ? `error: ${span.status.message}` : "ok"
    return [
      `${indent}${span.name} (${millis.toFixed(1)} ms) ${outcome}`,
      ...traceTree(spans, span.spanId, `${indent}  `)
    ]
  })

/** Each series of the metrics as a line. */
export const metricLines = (metrics: ReadonlyArray<Metric>): ReadonlyArray<string> =>
  metrics.flatMap(({ gauge, histogram, name, sum, unit }) =>
    [gauge, histogram, sum].flatMap((points) =>
      (points?.dataPoints ?? []).map((point) => {
        const labels = point.attributes.flatMap(({ key, value }) =>
          key === "unit" ? [] : [`${key}=${Object.values(value)}`]
        )
        const value = point.asDouble ?? `${point.count} values, ${point.sum} in all`
        return `${name}{${labels}} ${value} ${unit}`
      })
    )
  )
