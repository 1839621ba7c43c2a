import { HttpApp, NodeListener } from "@deploys/http"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Ref, Schedule, Stream } from "effect"
import { createServer, type IncomingMessage, type RequestListener } from "node:http"
import { ids, Script } from "./support/ScriptedEngine.ts"
import * as ScriptedEngine from "./support/ScriptedEngine.ts"

/** A server of the host's for this test; answers with its address. */
const hosted = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer(listener).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  ).pipe(
    Effect.map((server) => {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
    })
  )

const listening = (app: Parameters<typeof NodeListener.make>[0]) =>
  Effect.acquireRelease(
    Effect.sync(() => NodeListener.make(app)),
    ({ dispose }) => Effect.promise(dispose)
  )

const headers = { authorization: "Bearer root", connection: "close" }
const asked = (url: string, init: RequestInit = {}) => Effect.promise(() => fetch(url, { headers, ...init }))

const create: RequestInit = {
  method: "POST",
  headers: { ...headers, "content-type": "application/json" },
  body: JSON.stringify({ buildId: "bld_1" })
}

const app = HttpApp.layer({ basePath: "/deploys-api" }).pipe(Layer.provide(ScriptedEngine.layer))

/** As Express does with the path of a mount. */
const stripped = (request: IncomingMessage) => {
  const { url = "" } = request
  return Object.assign(request, { originalUrl: url, url: url.replace("/deploys-api", "") })
}

describe("a listener", () => {
  it.live("answers where a framework has taken the mount's path off the url", () =>
    Effect.gen(function* () {
      const { listener } = yield* listening(app)
      const url = yield* hosted((request, response) => listener(stripped(request), response))
      const created = yield* asked(`${url}/deploys-api/api/deploys`, create)
      assert.strictEqual(created.status, 201)
      assert.strictEqual(created.headers.get("location"), `/deploys-api/api/deploys/${ids.created}`)
    })
  )

  it.live("tells the host of a body that a parser has read before", () =>
    Effect.gen(function* () {
      const { listener } = yield* listening(app)
      const url = yield* hosted((request, response) => {
        request.resume().once("end", () => {
          listener(request, response, (error) => response.writeHead(500).end(String(error)))
        })
      })
      const created = yield* asked(`${url}/deploys-api/api/deploys`, create)
      assert.strictEqual(created.status, 500)
      assert.match(yield* Effect.promise(() => created.text()), /BodyAlreadyRead: .*in front of body parsers/)
      const cancelled = yield* asked(`${url}/deploys-api/api/deploys/${ids.running}/cancel`, { method: "POST" })
      assert.strictEqual(cancelled.status, 200)
    })
  )

  it.live("tells the host of a layer that can't be built", () =>
    Effect.gen(function* () {
      const { listener } = yield* listening(Layer.effectDiscard(Effect.fail(new Error("no database"))))
      const told = yield* hosted((request, response) =>
        listener(request, response, (error) => response.writeHead(503).end(String(error)))
      )
      const answer = yield* asked(told)
      assert.strictEqual(answer.status, 503)
      assert.match(yield* Effect.promise(() => answer.text()), /no database/)
      const untold = yield* hosted((request, response) => listener(request, response))
      assert.strictEqual((yield* asked(untold)).status, 500)
    })
  )

  it.live("ends the streams that are open when it is disposed", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(ScriptedEngine.layer)
      const { feed, readers } = Context.get(context, Script)
      yield* Ref.set(feed, Stream.never)
      const { dispose, listener } = NodeListener.make(
        HttpApp.layer().pipe(Layer.provide(Layer.succeedContext(context)))
      )
      const url = yield* hosted((request, response) => listener(request, response))
      const response = yield* asked(`${url}/api/deploys/${ids.completed}/events`)
      yield* Ref.get(readers).pipe(
        Effect.repeat({ until: (n) => n === 1, schedule: Schedule.spaced("10 millis") }),
        Effect.timeout("5 seconds")
      )
      yield* Effect.promise(dispose)
      assert.strictEqual(yield* Effect.promise(() => response.text()), ":\n\n")
      assert.strictEqual(yield* Ref.get(readers), 0)
    })
  )
})
