/**
 * A plain Node service that embeds the engine with promises: `POST /ship/:build` puts a build live, `GET /deploys` lists.
 * It calls itself, checks the answers, and ends.
 */
import {
  DeployEngine,
  type Deploys,
  makeDeploys,
  makePlan,
  makeStep,
  StepError,
  MemoryCatalog,
  MemoryStore
} from "@deploys/core"
import { DeployTarget } from "@deploys/core"
import { Effect, Layer, Schedule, Schema } from "effect"
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { setTimeout } from "node:timers/promises"

/** The team's own target: its steps are promises of the team's own tools. */
const live = new Map<string, string>()
const ourCdn = {
  publish: async (site: string, build: string) => {
    live.set(site, build)
    return `https://${site}.example.com/`
  }
}

// #region target
const publish = makeStep({
  name: "publish",
  output: Schema.String,
  run: Effect.fn(function* ({ deploy, log }) {
    yield* log(`publishing ${deploy.buildId}`)
    return yield* Effect.tryPromise({
      try: () => ourCdn.publish(deploy.entityId, deploy.buildId),
      catch: (cause) => new StepError({ message: String(cause) })
    })
  }),
  retry: Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 5 })),
  productionUrl: (url) => url
})
const target = Layer.succeed(DeployTarget, { plan: () => makePlan([publish]) })
// #endregion

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme" }],
  entities: [{ id: "shop", workspaceId: "acme" }],
  versions: [{ id: "main", entityId: "shop" }],
  builds: [{ id: "build-7", versionId: "main", artifact: "shop/7" }]
})

// #region use
const deploys: Deploys = makeDeploys(
  DeployEngine.layerWithRunner.pipe(Layer.provide([MemoryStore.layer, target]), Layer.provide(catalog))
)

const ship = async (buildId: string) => {
  const { id } = await deploys.create({ buildId })
  for await (const event of deploys.events(id)) console.log(event.type)
  return deploys.finished(id)
}
// #endregion

const notices: Array<string> = []
// #region watch
const stop = deploys.onEvent((event) => notices.push(`${event.deployId} ${event.type}`), {
  types: ["deploy.completed", "deploy.failed"]
})
// #endregion

const answer = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))

const handle = async (request: IncomingMessage, response: ServerResponse) => {
  if (request.method === "GET") return answer(response, 200, (await deploys.list({ entityId: "shop" })).data)
  return answer(response, 201, await ship(request.url?.split("/").at(-1) ?? ""))
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

while (notices.length === 0) await setTimeout(10)
assert.deepEqual(notices, [`${shipped.id} deploy.completed`])
stop()
server.close()
await deploys.dispose()
