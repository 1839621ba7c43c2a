/** The API on `node:http`: a server of its own, or a listener for a server that the host has. */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, FiberSet, Latch, Layer, Scope } from "effect"
import type { Duration } from "effect"
import { HttpRouter, UrlParams } from "effect/http"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AppLayer } from "./AppLayer.ts"
import { Draining } from "./Draining.ts"
import { routerConfig } from "./Routes.ts"

/** Where to listen, and how long to wait for whom. */
export interface Options {
  /** 0 takes a free one. */
  readonly port: number
  /** Default: `127.0.0.1`. */
  readonly host?: string
  /** How long the head of a request may take to come in, in milliseconds. Default: 10,000. */
  readonly headersTimeoutMillis?: number
  /** How long a request may take to come in, in milliseconds. Default: 30,000; routes that take uploads need more. */
  readonly requestTimeoutMillis?: number
  /**
   * After how long a connection is cut on which nothing moves, neither in nor out, in milliseconds: one that sends its body
   * no further, or does not read its answer. Default: 120,000.
   */
  readonly idleTimeoutMillis?: number
  /** Connections at once; what comes beyond them is dropped. Default: 10,000. */
  readonly maxConnections?: number
  /** How long requests at work may go on when the server ends; event streams end at once. Default: 5 seconds. */
  readonly gracefulShutdownTimeout?: Duration.Input
}

/** A list's query is up to 16 KiB before it is percent-encoded. */
const maxHeaderSize = 64 * 1024

/** How long who has been answered may go on sending what nobody reads. */
const lateBody = "2 seconds"

/** Node gives a body its whole time, also when it was answered without being read. */
const cutLateBodies = Effect.fnUntraced(function* (server: Server) {
  const run = yield* FiberSet.makeRuntime()
  const cut = ({ complete, socket }: IncomingMessage) => (complete ? undefined : socket.destroy())
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    response.once("finish", () => {
      if (!request.complete)
        run(
          Effect.delay(
            Effect.sync(() => cut(request)),
            lateBody
          )
        )
    })
  })
})

const makeServer = (options: Options) => {
  const {
    headersTimeoutMillis: headersTimeout = 10_000,
    idleTimeoutMillis = 120_000,
    maxConnections = 10_000,
    requestTimeoutMillis: requestTimeout = 30_000
  } = options
  const server = createServer({
    connectionsCheckingInterval: Math.min(5000, headersTimeout / 2),
    headersTimeout: Math.min(headersTimeout, requestTimeout),
    keepAliveTimeout: 5000,
    maxHeaderSize,
    requestTimeout
  })
  server.timeout = idleTimeoutMillis
  server.maxConnections = maxConnections
  return server
}

/** Parameters that no route takes, and that spans are not to repeat where somebody sends them all the same. */
const secretParameters: ReadonlyArray<RegExp> = [/token|secret|password|authorization|api[-_]?key/i]

/** Listens from when it is built until its scope ends; provides the `HttpServer`, whose address has the port. */
export const layer = <E, R>(app: AppLayer<E, R>, options: Options) =>
  Layer.suspend(() => {
    const { gracefulShutdownTimeout = "5 seconds", host = "127.0.0.1", port } = options
    const server = makeServer(options)
    const draining = Latch.makeUnsafe()
    const served = HttpRouter.serve(Layer.provide(app, Layer.succeed(Draining, draining.await)), {
      routerConfig,
      disableLogger: true,
      disableListenLog: true
    })
    // Built last, so that its finalizer is the first to run.
    return Layer.effectDiscard(Effect.addFinalizer(() => draining.open)).pipe(
      Layer.provideMerge(Layer.provide(served, Layer.succeed(UrlParams.CurrentRedactedNames, secretParameters))),
      Layer.provideMerge(Layer.effectDiscard(cutLateBodies(server))),
      Layer.provideMerge(NodeHttpServer.layer(() => server, { host, port, gracefulShutdownTimeout }))
    )
  })

/** Requests at work, and who waits until there are none. */
const makeInFlight = () => {
  const none = Latch.makeUnsafe(true)
  let count = 0
  return {
    none: none.await,
    add: (response: ServerResponse) => {
      count += 1
      none.closeUnsafe()
      response.once("close", () => {
        count -= 1
        if (count === 0) none.openUnsafe()
      })
    }
  }
}

/**
 * A listener for `node:http`'s `request` event; it serves until its scope ends. Event streams end then, and other requests
 * at work have another 5 seconds.
 */
export const listener = Effect.fnUntraced(function* <E, R>(app: AppLayer<E, R>) {
  const draining = Latch.makeUnsafe()
  const provided = Layer.provide(app, [NodeHttpServer.layerHttpServices, Layer.succeed(Draining, draining.await)])
  const httpEffect = yield* HttpRouter.toHttpEffect(provided).pipe(
    Effect.provideService(HttpRouter.RouterConfig, routerConfig)
  )
  const scope = yield* Scope.fork(yield* Effect.scope)
  const handler: (request: IncomingMessage, response: ServerResponse) => void = yield* NodeHttpServer.makeHandler(
    httpEffect,
    { scope }
  ).pipe(Effect.provideService(UrlParams.CurrentRedactedNames, secretParameters))
  const { add, none } = makeInFlight()
  // Added last, so that it is the first to run: the requests are not interrupted before it has ended.
  yield* Effect.addFinalizer(() => Effect.andThen(draining.open, Effect.timeoutOption(none, "5 seconds")))
  return (request: IncomingMessage, response: ServerResponse) => {
    add(response)
    handler(request, response)
  }
})
