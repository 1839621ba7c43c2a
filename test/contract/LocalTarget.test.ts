import { MemoryArtifacts } from "@deploys/core"
import { LocalTarget, Publication, SiteServer } from "@deploys/local-target"
import { NodeHttpClient, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer } from "effect"
import { HttpClient } from "effect/http"
import { createServer } from "node:http"
import { artifacts, suite } from "./DeployTargetContract.ts"

const publication = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return Publication.layer({ root: yield* fs.makeTempDirectoryScoped({ prefix: "deploys-sites-" }) })
  })
)
const target = LocalTarget.layer.pipe(
  Layer.provideMerge(SiteServer.layer),
  Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provide(publication),
  Layer.provide([MemoryArtifacts.layerOf(artifacts), NodeServices.layer]),
  Layer.provideMerge(NodeHttpClient.layerNodeHttp)
)

suite("a local folder", target, (url, path) =>
  Effect.gen(function* () {
    const { origin } = yield* SiteServer
    const client = yield* HttpClient.HttpClient
    const file = path.split("/").map(encodeURIComponent).join("/")
    const response = yield* client.get(`${origin}/${file}`, { headers: { host: new URL(url).host } })
    return response.status === 404 ? undefined : yield* response.text
  }).pipe(Effect.orDie)
)
