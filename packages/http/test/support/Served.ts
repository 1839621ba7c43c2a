import { HttpApp, NodeServer } from "@deploys/http"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import * as ScriptedEngine from "./ScriptedEngine.ts"

/** The API over the scripted engine on a free port of loopback. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const context = yield* Effect.context<Layer.Success<typeof ScriptedEngine.layer>>()
    const app = HttpApp.layer().pipe(Layer.provide(Layer.succeedContext(context)))
    return NodeServer.layer(app, { port: 0, gracefulShutdownTimeout: "100 millis" })
  })
).pipe(Layer.provideMerge(ScriptedEngine.layer))

/** Where it is served. */
export const url = Effect.map(HttpServer.HttpServer, ({ address }) => HttpServer.formatAddress(address))
