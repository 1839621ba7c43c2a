/** The HTTP API in an existing Hono app, which hands it requests of Fetch. */
import { FetchHandler, HttpApp } from "@deploys/http"
import { serve } from "@hono/node-server"
import { Layer } from "effect"
import { Hono } from "hono"
import { Server } from "node:http"
import assert from "node:assert/strict"
import { check, originOf } from "./check.ts"
import { access, engine } from "./engine.ts"

// #region mount
const api = FetchHandler.make(HttpApp.layer({ basePath: "/deploys-api" }).pipe(Layer.provide([engine, access])))

const app = new Hono()
app.get("/", (context) => context.text("the app's own page"))
app.all("/deploys-api/*", (context) => api.handler(context.req.raw))
// #endregion

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 })
assert(server instanceof Server)
await check("Hono", await originOf(server), "/deploys-api", { authorization: "Bearer token-of-ada" })
server.close()
await api.dispose()
