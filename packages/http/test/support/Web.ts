import { FetchHandler, HttpApp } from "@deploys/http"
import { Context, Effect, Layer } from "effect"
import * as ScriptedEngine from "./ScriptedEngine.ts"

/** The Fetch handler of the API over the scripted engine, and a call that is shorter than a `Request`. */
export class Web extends Context.Service<
  Web,
  {
    readonly handler: (request: Request) => Promise<Response>
    readonly send: (method: string, path: string, options?: Sent) => Effect.Effect<Answer>
  }
>()("test/Web") {
  static readonly layerOf = (options?: HttpApp.Options) =>
    Layer.effect(
      Web,
      Effect.gen(function* () {
        const context = yield* Effect.context<ScriptedEngine.Script | Layer.Success<typeof ScriptedEngine.layer>>()
        const app = HttpApp.layer(options).pipe(Layer.provide(Layer.succeedContext(context)))
        const { handler } = yield* Effect.acquireRelease(
          Effect.sync(() => FetchHandler.make(app)),
          ({ dispose }) => Effect.promise(dispose)
        )
        return Web.of({ handler, send: sender(handler) })
      })
    ).pipe(Layer.provideMerge(ScriptedEngine.layer))

  static readonly layer = Web.layerOf()
}

/** Of a request: a body that is not text goes as JSON, and the token is root's unless it is said to be another or none. */
export interface Sent {
  readonly body?: unknown
  readonly token?: string | null
  readonly headers?: Record<string, string>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; null if it is none. */
  readonly body: unknown
}

/** Sends requests to a handler. */
export const sender =
  (handler: (request: Request) => Promise<Response>) =>
  (method: string, path: string, sent: Sent = {}) =>
    Effect.promise(async () => {
      const { body, headers, token = "root" } = sent
      const request = new Request(`http://localhost${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers
        },
        body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body)
      })
      const response = await handler(request)
      const text = await response.text()
      const isJson = /json/.test(response.headers.get("content-type") ?? "")
      const answer: Answer = {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson && text !== "" ? JSON.parse(text) : null
      }
      return answer
    })
