import { MemoryArtifacts } from "@deploys/core"
import { PagesApi, PagesTarget } from "@deploys/pages-target"
import { FakePages } from "@deploys/pages-target/testing"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { artifacts, suite } from "./DeployTargetContract.ts"

const target = PagesTarget.layer.pipe(
  Layer.provide(MemoryArtifacts.layerOf(artifacts)),
  Layer.provide(PagesApi.layer),
  Layer.provide(FakePages.config({ pollEvery: "5 millis", reconcileFor: "50 millis", retryEvery: "5 millis" })),
  Layer.provideMerge(FakePages.layer()),
  Layer.provideMerge(NodeHttpClient.layerUndici)
)

const ask = Effect.fnUntraced(function* (url: string, path: string) {
  const { port } = yield* FakePages
  const client = HttpClient.followRedirects(yield* HttpClient.HttpClient, 3)
  const encoded = path.split("/").map(encodeURIComponent).join("/")
  const request = HttpClientRequest.get(`http://127.0.0.1:${port}/${encoded}`).pipe(
    HttpClientRequest.setHeader("host", new URL(url).host)
  )
  const response = yield* client.execute(request)
  return response.status === 200 ? yield* response.text : undefined
}, Effect.orDie)

suite("pages", target, (url, path) =>
  Effect.gen(function* () {
    const text = yield* ask(url, path)
    // A site without a page for what is missing is taken for an app of one page, which answers everywhere.
    return path !== "index.html" && text !== undefined && text === (yield* ask(url, "")) ? undefined : text
  })
)
