/** The API as a listener for `node:http`, and for the frameworks that stand on it: Express, Connect, Fastify. */
import { Cause, Context, Effect, Exit, Layer, ManagedRuntime, Schema } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AppLayer } from "./AppLayer.ts"
import * as NodeServer from "./NodeServer.ts"

/** A listener, and what ends what it stands on. */
export interface NodeListener {
  /**
   * Answers a request whose body nobody has read. `next` is told when it can't: the layer could not be built, or a body
   * parser came first. Without a `next` the answer is then an empty 500.
   */
  readonly listener: (request: IncomingMessage, response: ServerResponse, next?: (error: unknown) => void) => void
  /** Ends the streams that are open, then releases what the layer acquired. */
  readonly dispose: () => Promise<void>
}

/** How to make a listener. */
export interface Options {
  /** Layers that are built already: those of a `ManagedRuntime` are shared by its `memoMap`. */
  readonly memoMap?: Layer.MemoMap
}

/** The host has read the body of a request before the listener got it. */
export class BodyAlreadyRead extends Schema.TaggedError<BodyAlreadyRead>()("BodyAlreadyRead", {
  url: Schema.String
}) {
  override get message() {
    return `The body of ${this.url} was read before the API got it: mount the API in front of body parsers`
  }
}

class Listener extends Context.Service<Listener, NodeListener["listener"]>()("@deploys/http/NodeListener") {}

/** Frameworks that take a mount's path off `url` keep the whole of it here. */
interface Mounted extends IncomingMessage {
  readonly originalUrl?: string
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0

const received = (request: Mounted) =>
  Effect.suspend(() => {
    request.url = request.originalUrl ?? request.url ?? ""
    return request.readableEnded && hasBody(request)
      ? Effect.fail(new BodyAlreadyRead({ url: request.url }))
      : Effect.succeed(request)
  })

/** Builds the layer at once. */
export const make = <E>(app: AppLayer<E>, options: Options = {}): NodeListener => {
  const runtime = ManagedRuntime.make(Layer.effect(Listener, NodeServer.listener(app)), options)
  runtime.runCallback(Listener)
  return {
    listener: (request, response, next = () => void response.writeHead(500).end()) => {
      const served = Effect.zipWith(Listener, received(request), (listener, request) => listener(request, response))
      const onExit = Exit.match({ onFailure: (cause) => next(Cause.squash(cause)), onSuccess: () => {} })
      runtime.runCallback(served, { onExit })
    },
    dispose: runtime.dispose
  }
}
