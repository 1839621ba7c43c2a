/** The HTTP API beside the routes of a plain `node:http` server, for tokens of ours, which are kept in PGlite. */
import { HttpApp, NodeListener } from "@deploys/http"
import { Pglite, SqlAccess, SqlTokens } from "@deploys/sql-store"
import { Layer, ManagedRuntime, Redacted } from "effect"
import assert from "node:assert/strict"
import { createServer } from "node:http"
import { check, originOf } from "./check.ts"
import { engine } from "./engine.ts"

// #region tokens
const tokens = Layer.mergeAll(SqlAccess.layer, SqlTokens.layer).pipe(Layer.provide(Pglite.layerMemory))
const runtime = ManagedRuntime.make(tokens)
const issued = await runtime.runPromise(
  SqlTokens.use((tokens) =>
    tokens.issue({
      name: "ci",
      subject: "ci",
      everywhere: ["read", "deploy", "cancel"],
      workspaces: {},
      createdBy: "ada",
      expiresAt: null
    })
  )
)
// #endregion

// #region mount
const app = HttpApp.layer({ basePath: "/deploys-api" }).pipe(Layer.provide([engine, tokens]))
const api = NodeListener.make(app, { memoMap: runtime.memoMap })

const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
  if (request.url?.startsWith("/deploys-api/")) api.listener(request, response)
  else if (request.url === "/") response.end("the app's own page")
  else response.writeHead(404).end("the app's own 404")
})
// #endregion

server.listen(0, "127.0.0.1")
const origin = await originOf(server)
await check("node:http", origin, "/deploys-api", { authorization: `Bearer ${Redacted.value(issued.token)}` })
assert.equal(await (await fetch(`${origin}/nothing`)).text(), "the app's own 404")
server.close()
await api.dispose()
await runtime.dispose()
