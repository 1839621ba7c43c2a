// #region server
import { DeployEngine, DeployTarget, makePlan, makeStep, MemoryAccess, MemoryCatalog, MemoryStore } from "@deploys/core"
import { FetchHandler, HttpApp } from "@deploys/http"
import { serve } from "@hono/node-server"
import { Effect, Layer, Schema } from "effect"
import { Hono } from "hono"

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme" }],
  entities: [{ id: "shop", workspaceId: "acme" }],
  versions: [{ id: "main", entityId: "shop" }],
  builds: [{ id: "build-7", versionId: "main", artifact: "shop/7" }]
})
const publish = makeStep({
  name: "publish",
  output: Schema.String,
  run: ({ deploy }) => Effect.succeed(`https://${deploy.entityId}.example.com/`),
  productionUrl: (url) => url
})
const target = Layer.succeed(DeployTarget, { plan: () => makePlan([publish]) })
const engine = DeployEngine.layerWithRunner.pipe(Layer.provide([MemoryStore.layer, target]), Layer.provide(catalog))
const access = MemoryAccess.layerOf({
  "token-of-ada": { subject: "ada", everywhere: [], workspaces: { acme: ["read", "deploy", "cancel"] } }
})

const api = FetchHandler.make(HttpApp.layer({ basePath: "/deploys-api" }).pipe(Layer.provide([engine, access])))
const app = new Hono()
app.get("/", (context) => context.text("the app's own page"))
app.all("/deploys-api/*", (context) => api.handler(context.req.raw))
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 8080 })
// #endregion
