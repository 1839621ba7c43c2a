import { NodeHttpClient, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { LocalTarget, Publication, SiteServer } from "@deploys/local-target"
import { Effect, FileSystem, Layer } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { createServer } from "node:http"
import { Artifacts } from "./artifacts.ts"

/** Published below a folder that is gone when the test is over. */
export const publication = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return Publication.layer({ root: yield* fs.makeTempDirectoryScoped({ prefix: "sites-" }) })
  })
).pipe(Layer.provideMerge(NodeServices.layer))

/** Served on a free port of loopback. */
export const server = SiteServer.layer.pipe(
  Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provideMerge(publication),
  Layer.provideMerge(NodeHttpClient.layerNodeHttp)
)

/** The whole of it: what a host composes. */
export const target = LocalTarget.layer.pipe(Layer.provideMerge(Artifacts.layer), Layer.provideMerge(server))

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  readonly text: string
}

/** Asks the running server for a path as the host, over a socket. */
export const ask = Effect.fnUntraced(function* (
  host: string,
  path: string,
  options: { readonly method?: "GET" | "HEAD" | "POST"; readonly headers?: Record<string, string> } = {}
) {
  const { origin } = yield* SiteServer
  const client = yield* HttpClient.HttpClient
  const request = HttpClientRequest.make(options.method ?? "GET")(`${origin}${path}`).pipe(
    HttpClientRequest.setHeaders({ ...options.headers, host })
  )
  const response = yield* client.execute(request)
  const body = new Uint8Array(yield* response.arrayBuffer)
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    body,
    text: new TextDecoder().decode(body)
  }
  return answer
})
