/** The HTTP API among the routes of an Effect `HttpRouter`. */
import { HttpApp } from "@deploys/http"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { check } from "./check.ts"
import { access, engine } from "./engine.ts"

// #region mount
const page = HttpRouter.add("GET", "/", HttpServerResponse.text("the app's own page"))
const api = HttpApp.layer({ basePath: "/deploys-api" }).pipe(Layer.provide([engine, access]))

const server = HttpRouter.serve(Layer.merge(page, api), { disableLogger: true }).pipe(
  Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
)
// #endregion

const program = Effect.gen(function* () {
  const origin = HttpServer.formatAddress((yield* HttpServer.HttpServer).address)
  yield* Effect.promise(() => check("Effect", origin, "/deploys-api", { authorization: "Bearer token-of-ada" }))
})

await Effect.runPromise(Effect.provide(program, server))
