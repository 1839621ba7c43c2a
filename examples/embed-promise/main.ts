/**
 * A plain Node service that embeds the engine with promises: `POST /ship/:build` puts a build live, `GET /deploys` lists.
 * It calls itself, checks the answers, and ends.
 */
import { DeployEngine, type Deploys, makeDeploys, makePlan, makeStep, MemoryCatalog, MemoryStore } from "@deploys/core"
import { DeployTarget } from "@deploys/core"
import { Effect, Layer, Schema } from "effect"
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

/** The team's own target: its steps are promises of the team's own tools. */
const live = new Map<string, string>()
const publish = makeStep({
  name: "publish",
  output: Schema.String,
  run: ({ deploy, log }) =>
    Effect.andThen(
      log(`publishing ${deploy.buildId}`),
      Effect.promise(async () => {
        live.set(deploy.entityId, deploy.buildId)
        return `https://${deploy.entityId}.example.com/`
      })
    ),
  productionUrl: (url) => url
})
const target = Layer.succeed(DeployTarget, { plan: () => makePlan([publish]) })

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme" }],
  entities: [{ id: "shop", workspaceId: "acme" }],
  versions: [{ id: "main", entityId: "shop" }],
  builds: [{ id: "build-7", versionId: "main", artifact: "shop/7" }]
})

const deploys: Deploys = makeDeploys(
  DeployEngine.layerWithRunner.pipe(Layer.provide([MemoryStore.layer, target]), Layer.provide(catalog))
)

const answer = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))

const handle = async (request: IncomingMessage, response: ServerResponse) => {
  if (request.method === "GET") return answer(response, 200, (await deploys.list({ entityId: "shop" })).data)
  const { id } = await deploys.create({ buildId: request.url?.split("/").at(-1) ?? "" })
  return answer(response, 201, await deploys.finished(id))
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => answer(response, 400, { error: String(error) }))
})
server.listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
const origin = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : ""

const shipped = await fetch(`${origin}/ship/build-7`, { method: "POST" }).then((response) => response.json())
assert.equal(shipped.status, "completed")
assert.equal(shipped.productionUrl, "https://shop.example.com/")
const refused = await fetch(`${origin}/ship/build-8`, { method: "POST" })
assert.equal(refused.status, 400)
const listed = await fetch(`${origin}/deploys`).then((response) => response.json())
assert.equal(listed.length, 1)
console.log(`${shipped.id} is live at ${shipped.productionUrl}; build-8: ${(await refused.json()).error}`)

server.close()
await deploys.dispose()
