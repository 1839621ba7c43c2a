/** The HTTP API in an existing Fastify app: a scope of its own, where Fastify parses no bodies. */
import { HttpApp, NodeListener } from "@deploys/http"
import { Layer } from "effect"
import { fastify } from "fastify"
import assert from "node:assert/strict"
import { check, originOf } from "./check.ts"
import { access, engine } from "./engine.ts"

// #region mount
const api = NodeListener.make(HttpApp.layer({ basePath: "/deploys-api" }).pipe(Layer.provide([engine, access])))

const app = fastify()
app.get("/", () => "the app's own page")
app.register((scope) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser("*", (_request, _body, done) => done(null))
  scope.all("/deploys-api/*", (request, reply) => {
    reply.hijack()
    api.listener(request.raw, reply.raw)
  })
})
app.addHook("onClose", () => api.dispose())
// #endregion

await app.listen({ host: "127.0.0.1", port: 0 })
const origin = await originOf(app.server)
await check("Fastify", origin, "/deploys-api", { authorization: "Bearer token-of-ada" })
assert.match(await (await fetch(`${origin}/nothing`)).text(), /Route GET:\/nothing not found/)
await app.close()
