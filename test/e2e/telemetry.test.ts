import { DeployId, deployTraceId } from "@deploys/core"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { createServer } from "node:http"
import { collector, metricLines, traceTree } from "../../examples/opentelemetry/collector.ts"
import { platform, siteOf, temporary } from "./support/platform.ts"
import { deploys, serve, stopped, towards } from "./support/processes.ts"

const site = { "index.html": "<h1>Hi" }
const timeout = 90_000

/** A collector that takes whatever it is sent and never answers; gone with the scope. */
const silentCollector = Effect.gen(function* () {
  const server = createServer((request) => void request.resume())
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => server.close().closeAllConnections())
  )
  const address = server.address()
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
})

const away = [
  { name: "refuses connections", endpoint: Effect.succeed("http://127.0.0.1:1") },
  { name: "never answers", endpoint: silentCollector }
]

describe("telemetry of deploys serve", () => {
  layer(platform, { excludeTestServices: true })((it) => {
    it.effect(
      "has a deploy as one trace of its steps, and in the metrics, under the service's name",
      () =>
        Effect.gen(function* () {
          const { baseUrl, collected } = yield* collector
          const server = yield* serve(yield* temporary, {
            OTEL_EXPORTER_OTLP_ENDPOINT: `${baseUrl}/`,
            OTEL_EXPORTER_OTLP_PROTOCOL: "http/json"
          })
          const run = yield* deploys(["deploy", yield* siteOf(site), "--app", "shop", "--json"], towards(server))
          assert.strictEqual(run.exitCode, 0, run.stderr)
          assert.strictEqual(yield* stopped(server), 0)

          const traceId = deployTraceId(DeployId.make(JSON.parse(run.stdout).id))
          const tree = traceTree(collected.spans.filter((span) => span.traceId === traceId))
          const steps = ["prepare", "stage", "switch", "verify"].flatMap((step) => [
            `  deploy.step ${step} ok`,
            `    deploy.attempt ${step} ok`
          ])
          assert.deepStrictEqual(
            tree.filter((line) => line.includes("deploy.")).map((line) => line.replace(/ \([\d.]+ ms\)/u, "")),
            ["deploy.run ok", ...steps]
          )
          assert.include(metricLines(collected.metrics), "deploy.ended{end=completed} 1 {deploy}")
          assert.include(metricLines(collected.metrics), "deploy.pending{} 0 {deploy}")
          for (const { body } of collected.requests) {
            assert.include(body.toString(), `{"key":"service.name","value":{"stringValue":"deploys"}}`)
            assert.notInclude(body.toString(), server.token)
          }
        }),
      timeout
    )

    it.effect(
      "is protobuf unless JSON is asked for, logs too, and comes with the headers, the name and the attributes of its settings",
      () =>
        Effect.gen(function* () {
          const { baseUrl, collected } = yield* collector
          const server = yield* serve(yield* temporary, {
            // A Cloudflare that can't be reached is a line in the log.
            TARGET: "pages",
            CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
            CLOUDFLARE_API_TOKEN: "s3cret-of-cloudflare",
            CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:1/v4",
            OTEL_EXPORTER_OTLP_ENDPOINT: `${baseUrl}/otlp`,
            OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20s3cret==,x-team=shop",
            OTEL_SERVICE_NAME: "releases",
            OTEL_RESOURCE_ATTRIBUTES: "service.name=unheard,deployment.environment.name=b%C3%BChne"
          })
          assert.strictEqual(yield* stopped(server), 0)

          const paths = new Set(collected.requests.map(({ path }) => path))
          assert.sameMembers([...paths], ["/otlp/v1/traces", "/otlp/v1/metrics", "/otlp/v1/logs"])
          for (const { body, headers, path } of collected.requests) {
            assert.deepInclude(headers, {
              "content-type": "application/x-protobuf",
              authorization: "Basic s3cret==",
              "x-team": "shop"
            })
            const text = body.toString()
            for (const part of ["releases", "deployment.environment.name", "bühne"]) assert.include(text, part)
            for (const part of ["s3cret", server.token, "unheard"]) assert.notInclude(text, part)
            if (path.endsWith("/logs")) assert.include(text, "Cloudflare")
          }
        }),
      timeout
    )

    it.effect(
      "ends the start with one line where the collector's address is none, and repeats nothing of it",
      () =>
        Effect.gen(function* () {
          const run = yield* deploys(["serve"], {
            PORT: "0",
            DATA_DIR: yield* temporary,
            OTEL_EXPORTER_OTLP_ENDPOINT: "me:s3cret@localhost:4318"
          })
          assert.strictEqual(run.exitCode, 1)
          assert.strictEqual(
            run.stderr,
            "deploys: OTEL_EXPORTER_OTLP_ENDPOINT: expected an address such as http://localhost:4318\n"
          )
        }),
      timeout
    )

    for (const { endpoint, name } of away)
      it.effect(
        `costs no deploy, and a warning for each address at most, when its collector ${name}`,
        () =>
          Effect.gen(function* () {
            const server = yield* serve(yield* temporary, {
              OTEL_EXPORTER_OTLP_ENDPOINT: yield* endpoint,
              OTEL_EXPORTER_OTLP_HEADERS: "x-key=s3cret"
            })
            const stderr = yield* Effect.forkScoped(Stream.runCollect(Stream.decodeText(server.handle.stderr)))
            const run = yield* deploys(["deploy", yield* siteOf(site), "--app", "shop"], towards(server))
            assert.strictEqual(run.exitCode, 0, run.stderr)
            assert.strictEqual(yield* stopped(server), 0)
            const said = (yield* Fiber.join(stderr)).join("")
            assert.notInclude(said, "s3cret")
            const [opening, ...warnings] = said.split("\n").filter((line) => line !== "")
            assert.match(opening ?? "", /^Opening the database: /)
            const addresses = warnings.map((line) => /can't be sent to (\S+)/.exec(line)?.[1])
            assert.notInclude(addresses, undefined, said)
            assert.strictEqual(new Set(addresses).size, addresses.length, said)
          }),
        timeout
      )
  })
})
