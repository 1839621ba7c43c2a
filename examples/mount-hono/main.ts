/**
 * The HTTP API in an existing Hono app: the app keeps its routes, and `/deploys-api` is the engine's. It calls itself over
 * a socket, checks the answers, and ends.
 */
import { DeployEngine, MemoryAccess, MemoryCatalog, MemoryStore } from "@deploys/core"
import { ScriptedTarget } from "@deploys/core/testing"
import { FetchHandler, HttpApp } from "@deploys/http"
import { serve } from "@hono/node-server"
import { Layer } from "effect"
import { Hono } from "hono"
import assert from "node:assert/strict"
import { once } from "node:events"

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme" }],
  entities: [{ id: "shop", workspaceId: "acme" }],
  versions: [{ id: "main", entityId: "shop" }],
  builds: [{ id: "build-7", versionId: "main", artifact: "shop/7" }]
})
const access = MemoryAccess.layerOf({
  "token-of-ada": { subject: "ada", everywhere: [], workspaces: { acme: ["read", "deploy", "cancel"] } }
})
const target = ScriptedTarget.layer(ScriptedTarget.succeeds("publish"))
// #region mount
const engine = DeployEngine.layerWithRunner.pipe(Layer.provide([MemoryStore.layer, target]), Layer.provide(catalog))

const api = FetchHandler.make(HttpApp.layer({ basePath: "/deploys-api" }).pipe(Layer.provide([engine, access])))

const app = new Hono()
app.get("/", (context) => context.text("the app's own page"))
app.all("/deploys-api/*", (context) => api.handler(context.req.raw))
// #endregion

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 })
await once(server, "listening")
const address = server.address()
const origin = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : ""

const call = (path: string, init: RequestInit = {}) =>
  fetch(`${origin}${path}`, {
    ...init,
    headers: { authorization: "Bearer token-of-ada", "content-type": "application/json" }
  })

assert.equal(await (await fetch(origin)).text(), "the app's own page")
assert.equal((await fetch(`${origin}/deploys-api/api/deploys`)).status, 401)
const created = await call("/deploys-api/api/deploys", { method: "POST", body: JSON.stringify({ buildId: "build-7" }) })
assert.equal(created.status, 201)
const { id } = await created.json()
const events = await (await call(`/deploys-api/api/deploys/${id}/events`)).text()
assert.match(events, /event: deploy\.completed/)
const deploy = await (await call(`/deploys-api/api/deploys/${id}`)).json()
assert.equal(deploy.status, "completed")
console.log(`${id} was created, followed and read through Hono`)

server.close()
await api.dispose()
