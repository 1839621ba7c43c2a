import { NodeHttpClient } from "@effect/platform-node"
import { Cause, Effect, Layer, Option, Redacted } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest } from "effect/http"
import { Otlp } from "effect/observability"
import type { Settings } from "./Settings.ts"

const layers = { "http/json": Otlp.layerJson, "http/protobuf": Otlp.layerProtobuf }

/** Without a limit, batches would pile up behind a collector that takes them and never answers. */
const answersWithin = "10 seconds"

const late = (request: HttpClientRequest.HttpClientRequest) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, description: `no answer within ${answersWithin}` })
  })

const exporting = (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  const failing = new Set<string>()
  /** The exporter is silent about what it can't send, and a warning for each batch would say too much. */
  const warnOnce = (url: string, error: HttpClientError.HttpClientError) =>
    Effect.suspend(() => {
      if (failing.has(url)) return Effect.void
      failing.add(url)
      return Effect.logWarning(`Telemetry can't be sent to ${url}, and is dropped until it can`, Cause.fail(error))
    })
  return HttpClient.filterStatusOk(client).pipe(
    HttpClient.transform((response, request) =>
      response.pipe(
        Effect.tap(({ arrayBuffer }) => Effect.ignore(arrayBuffer)),
        Effect.timeoutOrElse({ duration: answersWithin, orElse: () => Effect.fail(late(request)) }),
        Effect.tap(() => Effect.sync(() => failing.delete(request.url))),
        Effect.tapError((error) => warnOnce(request.url, error))
      )
    )
  )
}

const client = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, exporting)).pipe(
  Layer.provide(NodeHttpClient.layerNodeHttp)
)

/**
 * Sends traces, metrics and logs to the collector of the settings by OTLP. Without one it is empty, so that there is no tracer.
 *
 * A collector that is away costs what was to be sent to it and nothing else: what four attempts could not send is dropped, and
 * so is what comes within a minute after. When the scope ends, what is pending is sent for at most three seconds.
 */
export const layer = ({ telemetry }: Settings): Layer.Layer<never> =>
  Option.match(telemetry, {
    onNone: () => Layer.empty,
    onSome: ({ attributes, endpoint, headers, protocol, serviceName }) =>
      layers[protocol]({
        baseUrl: endpoint,
        headers: Option.getOrUndefined(Option.map(headers, Redacted.value)),
        resource: { attributes, serviceName }
      }).pipe(Layer.provide(client))
  })
