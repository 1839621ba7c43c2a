/** The HTTP API in an existing Express app, for who has a session of the app: the API never sees a token of ours. */
import { AccessPolicy, type Principal, WorkspaceId } from "@deploys/core"
import { HttpApp, NodeListener } from "@deploys/http"
import { Effect, Layer, Option, Redacted } from "effect"
import express from "express"
import assert from "node:assert/strict"
import { check, originOf } from "./check.ts"
import { engine } from "./engine.ts"

/** The app's own sessions, by the cookie that it has set. */
const sessions = new Map([["s3cr3t", { user: "ada", team: "acme" }]])

// #region session
const principalOf = ({ team, user }: { readonly user: string; readonly team: string }): Principal => ({
  subject: user,
  everywhere: [],
  workspaces: { [WorkspaceId.make(team)]: ["read", "deploy", "cancel"] }
})

const access = Layer.succeed(AccessPolicy, {
  authenticate: (session) =>
    Effect.succeed(Option.map(Option.fromNullishOr(sessions.get(Redacted.value(session))), principalOf))
})
// #endregion

// #region mount
const api = NodeListener.make(HttpApp.layer({ basePath: "/deploys-api" }).pipe(Layer.provide([engine, access])))

const app = express()
app.use("/deploys-api", (request, response, next) => {
  const [, session] = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? "") ?? []
  request.headers.authorization = session && `Bearer ${session}`
  api.listener(request, response, next)
})
app.use(express.json())
app.get("/", (_, response) => void response.send("the app's own page"))
// #endregion
app.use((_, response) => void response.status(404).send("the app's own 404"))

const server = app.listen(0, "127.0.0.1")
const origin = await originOf(server)
await check("Express", origin, "/deploys-api", { cookie: "theme=dark; session=s3cr3t" })
const refused = await fetch(`${origin}/deploys-api/api/deploys`, { headers: { cookie: "session=guessed" } })
assert.equal(refused.status, 401)
assert.equal(await (await fetch(`${origin}/nothing`)).text(), "the app's own 404")
server.close()
await api.dispose()
