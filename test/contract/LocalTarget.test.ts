import { MemoryArtifacts } from "@deploys/core"
import { LocalTarget, Publication, SiteServer } from "@deploys/local-target"
import { NodeHttpClient, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { createServer } from "node:http"
import { artifacts, suite } from "./DeployTargetContract.ts"

const publication = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return Publication.layer({ root: yield* fs.makeTempDirectoryScoped({ prefix: "sites-" }) })
  })
)

const target = LocalTarget.layer.pipe(
  Layer.provide(MemoryArtifacts.layerOf(artifacts)),
  Layer.provideMerge(SiteServer.layer),
  Layer.provide(publication),
  Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provideMerge(NodeHttpClient.layerNodeHttp),
  Layer.provide(NodeServices.layer)
)

suite("local", target, (url, path) =>
  Effect.gen(function* () {
    const { origin } = yield* SiteServer
    const client = yield* HttpClient.HttpClient
    const encoded = path.split("/").map(encodeURIComponent).join("/")
    const request = HttpClientRequest.get(`${origin}/${encoded}`).pipe(
      HttpClientRequest.setHeader("host", new URL(url).host)
    )
    const response = yield* client.execute(request)
    return response.status === 200 ? yield* response.text : undefined
  }).pipe(Effect.orDie)
)
