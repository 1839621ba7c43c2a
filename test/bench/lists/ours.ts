// Ours: the real HTTP API on the real store. Prints its port and the tokens of the scopes.
import { DeployDispatcher, DeployEngine, LiveEvents, type Principal, WorkspaceId } from "@deploys/core"
import { HttpApp, HttpLimits, NodeServer } from "@deploys/http"
import { Postgres, SqlAccess, SqlCatalog, SqlStore, SqlTokens } from "@deploys/sql-store"
import { Effect, Layer, Record, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { scopes } from "./requests.ts"

const database = Postgres.layer({ url: Redacted.make(process.env["DATABASE_URL"] ?? ""), maxConnections: 10 })

const store = Layer.mergeAll(SqlStore.layer, SqlCatalog.layer, SqlAccess.layer, SqlTokens.layer)

const engine = DeployEngine.layer.pipe(
  Layer.provide([LiveEvents.layer, Layer.succeed(DeployDispatcher, { wake: () => Effect.void })])
)

/** What is measured is not what a caller is let in for. */
const limits = Layer.effect(
  HttpLimits,
  Effect.map(HttpLimits, (defaults) => ({ ...defaults, requests: Infinity }))
)

const app = Layer.provide(HttpApp.layer(), [engine, limits])

const principal = (scope: "all" | ReadonlyArray<string>): Omit<Principal, "subject"> =>
  scope === "all"
    ? { everywhere: ["read"], workspaces: {} }
    : { everywhere: [], workspaces: Record.fromEntries(scope.map((id) => [WorkspaceId.make(id), ["read"] as const])) }

const announce = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const tokens = yield* SqlTokens
  const issued = yield* Effect.all(
    Record.map(scopes, (scope, name) =>
      tokens.issue({ name, subject: name, ...principal(scope), createdBy: "bench", expiresAt: null })
    )
  )
  const port = "port" in address ? address.port : 0
  yield* Effect.sync(() => {
    process.stdout.write(
      `${JSON.stringify({ port, tokens: Record.map(issued, ({ token }) => Redacted.value(token)) })}\n`
    )
  })
})

const server = Layer.effectDiscard(announce).pipe(
  Layer.provide(NodeServer.layer(app, { port: 0 })),
  Layer.provide(store),
  Layer.provide(database)
)

await Effect.runPromise(Layer.launch(server))
