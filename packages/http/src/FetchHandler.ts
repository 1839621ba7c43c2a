/** The API as a function from `Request` to `Response`: for hosts that speak Fetch, and for tests without a socket. */
import { Latch, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import type { AppLayer } from "./AppLayer.ts"
import { Draining } from "./Draining.ts"
import { routerConfig } from "./Routes.ts"

/** A handler, and what ends what it stands on. */
export interface FetchHandler {
  readonly handler: (request: Request) => Promise<Response>
  /** Ends the streams that are open, then releases what the layer acquired. */
  readonly dispose: () => Promise<void>
}

/** How to make a handler. */
export interface Options {
  /** Layers that are built already: those of a `ManagedRuntime` are shared by its `memoMap`. */
  readonly memoMap?: Layer.MemoMap
}

/** Builds the layer at once. When that fails, each request is rejected with the reason. */
export const make = <E>(app: AppLayer<E>, options: Options = {}): FetchHandler => {
  const draining = Latch.makeUnsafe()
  const layer = Layer.provide(app, [HttpServer.layerServices, Layer.succeed(Draining, draining.await)])
  const { dispose, handler } = HttpRouter.toWebHandler(layer, { ...options, routerConfig, disableLogger: true })
  return {
    handler,
    dispose: () => {
      draining.openUnsafe()
      return dispose()
    }
  }
}
