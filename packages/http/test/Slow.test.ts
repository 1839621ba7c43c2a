import { HttpApp, NodeServer } from "@deploys/http"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { connect, type Socket } from "node:net"
import * as ScriptedEngine from "./support/ScriptedEngine.ts"
import * as Served from "./support/Served.ts"

const served = (options: Partial<NodeServer.Options>) =>
  NodeServer.layer(HttpApp.layer().pipe(Layer.provide(ScriptedEngine.layer)), {
    port: 0,
    gracefulShutdownTimeout: "100 millis",
    ...options
  })

const connected = Effect.flatMap(Served.url, (url) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const { hostname, port } = new URL(url)
      const socket = connect(Number(port), hostname, () => resume(Effect.succeed(socket)))
      // Whoever is cut is told by an error or an end, as it happens.
      socket.on("error", () => {})
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
)

/** What the server says until it closes. */
const untilClosed = (socket: Socket) =>
  Effect.callback<string>((resume) => {
    let text = ""
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()))
    socket.on("close", () => resume(Effect.succeed(text)))
  }).pipe(Effect.timeout("20 seconds"))

/** Sends a beginning, and then the rest bit by bit until the server has had enough. */
const dripped = Effect.fnUntraced(function* (beginning: string, drop: string) {
  const socket = yield* connected
  socket.write(beginning)
  const timer = setInterval(() => socket.write(drop), 100)
  return yield* Effect.ensuring(
    untilClosed(socket),
    Effect.sync(() => clearInterval(timer))
  )
})

const post = ["POST /api/deploys HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Content-Length: 5000"]
const root = "Authorization: Bearer root"
const head = (lines: ReadonlyArray<string>) => [...lines, "", ""].join("\r\n")

describe("a client that is slow", () => {
  it.live("with its head is cut", () =>
    Effect.gen(function* () {
      assert.match(yield* dripped("GET /healthz HTTP/1.1\r\n", "X: y\r\n"), /^HTTP\/1.1 408 /)
    }).pipe(Effect.provide(served({ headersTimeoutMillis: 400 })))
  )

  it.live("with its body is cut, however steadily it comes", () =>
    Effect.gen(function* () {
      assert.match(yield* dripped(head([...post, root]), " "), /^(HTTP\/1.1 408 [^]*)?$/)
    }).pipe(Effect.provide(served({ headersTimeoutMillis: 400, requestTimeoutMillis: 800 })))
  )

  it.live("with a body that nobody waits for is answered, and cut soon after", () =>
    Effect.gen(function* () {
      const text = yield* dripped(head(post), " ")
      assert.match(text, /^HTTP\/1.1 401 /)
      assert.lengthOf(text.match(/HTTP\/1.1/g) ?? [], 1)
    }).pipe(Effect.provide(served({ requestTimeoutMillis: 3_600_000 })))
  )

  it.live("and sends nothing at all any more is cut", () =>
    Effect.gen(function* () {
      const socket = yield* connected
      socket.write(head([...post, root]))
      yield* untilClosed(socket)
    }).pipe(Effect.provide(served({ requestTimeoutMillis: 3_600_000, idleTimeoutMillis: 400 })))
  )
})

describe("many connections", () => {
  it.live("beyond the limit are dropped", () =>
    Effect.gen(function* () {
      yield* connected
      yield* connected
      assert.strictEqual(yield* untilClosed(yield* connected), "")
    }).pipe(Effect.provide(served({ maxConnections: 2 })))
  )

  it.live("that do nothing keep nobody from being answered", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(Array.from({ length: 500 }), () => connected, { concurrency: 50 })
      const url = yield* Served.url
      const status = Effect.promise(
        async () => (await fetch(`${url}/healthz`, { headers: { connection: "close" } })).status
      )
      const [took, answered] = yield* Effect.timed(status)
      yield* Effect.logDebug("answered beside 500 idle connections", took)
      assert.strictEqual(answered, 200)
    }).pipe(Effect.provide(served({})))
  )
})
