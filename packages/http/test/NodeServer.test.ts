import { HttpApp, NodeServer } from "@deploys/http"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Ref, Schedule, Scope, Stream } from "effect"
import { spawn } from "node:child_process"
import { createServer, request } from "node:http"
import { connect } from "node:net"
import { events, ids, Script } from "./support/ScriptedEngine.ts"
import * as ScriptedEngine from "./support/ScriptedEngine.ts"
import * as Served from "./support/Served.ts"

const eventsPath = `/api/deploys/${ids.completed}/events`

/** Sends a head with a host, and reads until the server closes. */
const raw = (head: ReadonlyArray<string>, body = "") =>
  sent([...head, "Host: localhost", "Connection: close", "", ""].join("\r\n") + body)

/** Sends bytes as they are and reads until the server closes. */
const sent = Effect.fnUntraced(function* (bytes: string) {
  const { hostname, port } = new URL(yield* Served.url)
  return yield* Effect.callback<string>((resume) => {
    const socket = connect(Number(port), hostname)
    let text = ""
    socket.on("data", (chunk) => (text += chunk.toString()))
    socket.on("close", () => resume(Effect.succeed(text)))
    socket.on("error", () => resume(Effect.succeed(text)))
    socket.write(bytes)
    return Effect.sync(() => socket.destroy())
  })
})

const root = "Authorization: Bearer root"

const curl = (args: ReadonlyArray<string>) =>
  Effect.callback<string>((resume) => {
    const child = spawn("curl", ["--silent", "--show-error", "--max-time", "10", ...args])
    let text = ""
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()))
    child.on("error", (cause) => resume(Effect.die(cause)))
    child.on("close", () => resume(Effect.succeed(text)))
    return Effect.sync(() => child.kill())
  })

layer(Served.layer, { excludeTestServices: true })("the server on node:http", (it) => {
  const refused: ReadonlyArray<readonly [name: string, status: number, head: ReadonlyArray<string>, body?: string]> = [
    ["a method that is not served", 405, [`DELETE /api/deploys HTTP/1.1`, root]],
    [
      "a body of another type",
      415,
      ["POST /api/deploys HTTP/1.1", root, "Content-Type: text/plain", "Content-Length: 2"],
      "{}"
    ],
    [
      "a compressed body",
      415,
      ["POST /api/deploys HTTP/1.1", root, "Content-Encoding: gzip", "Content-Length: 2"],
      "{}"
    ],
    ["a large body before it has come", 413, ["POST /api/deploys HTTP/1.1", root, "Content-Length: 65537"]],
    [
      "a large body without a length",
      413,
      ["POST /api/deploys HTTP/1.1", root, "Transfer-Encoding: chunked"],
      `11170\r\n${"a".repeat(70_000)}\r\n0\r\n\r\n`
    ],
    ["two lengths", 400, ["POST /api/deploys HTTP/1.1", root, "Content-Length: 2", "Content-Length: 3"], "{}"],
    [
      "a length and chunks",
      400,
      ["POST /api/deploys HTTP/1.1", root, "Content-Length: 2", "Transfer-Encoding: chunked"],
      "{}"
    ],
    ["a head over 64 KiB", 431, ["GET /healthz HTTP/1.1", `X: ${"a".repeat(65 * 1024)}`]]
  ]
  it.effect.each(refused)("refuses %s", ([, status, head, body]) =>
    Effect.gen(function* () {
      const answer = yield* raw(head, body)
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
      if (status > 400 && status < 431) assert.include(answer.toLowerCase(), "content-type: application/problem+json")
    })
  )

  const create = "POST /api/deploys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer root\r\n"
  const smuggled: ReadonlyArray<readonly [name: string, bytes: string]> = [
    ["no host", "GET /healthz HTTP/1.1\r\n\r\n"],
    ["lines that end otherwise", "GET /healthz HTTP/1.1\nHost: x\n\n"],
    ["a header that goes on in the next line", "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"],
    ["an obscure transfer encoding", `${create}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ["a space before a colon", `${create}Content-Length : 2\r\n\r\n{}`],
    ["a length that is no number", `${create}Content-Length: +2\r\n\r\n{}`],
    ["a chunk that is too long for its length", `${create}Transfer-Encoding: chunked\r\n\r\n2\r\n{}}}\r\n0\r\n\r\n`],
    ["what is no HTTP", "\u0000\u0001\u0002\r\n\r\n"]
  ]
  it.effect.each(smuggled)("takes no request with %s", ([, bytes]) =>
    Effect.gen(function* () {
      assert.match(yield* sent(bytes), /^HTTP\/1.1 400 (?![^]*HTTP\/1.1)/)
    })
  )

  it.effect("tells nobody what it is made with", () =>
    Effect.gen(function* () {
      for (const path of ["/healthz", "/nowhere", "/api/deploys"]) {
        const names = (yield* raw([`GET ${path} HTTP/1.1`])).split("\r\n\r\n")[0] ?? ""
        assert.notMatch(names, /^(server|x-powered-by):/im)
        assert.match(names, /^x-content-type-options: nosniff$/im)
      }
    })
  )

  const long = ["prefer", "if-none-match", "last-event-id", "idempotency-key", "x-request-id", "authorization"]
  it.effect.each(long)("reads %s at once, however long and strange it is", (name) =>
    Effect.gen(function* () {
      const path = name === "last-event-id" ? `${eventsPath}` : `/api/deploys/${ids.completed}`
      for (const part of ['"', ",", "a", " a", 'W/"', '"a",', "wait=", '\\"', "0", "Bearer "]) {
        const value = part.repeat(Math.floor(56_000 / part.length)).trim()
        const head = [`GET ${path} HTTP/1.1`, ...(name === "authorization" ? [] : [root]), `${name}: ${value}!`]
        const [took, answer] = yield* Effect.timed(raw(head))
        assert.match(answer, /^HTTP\/1.1 (200|304|400|401) /)
        // Read in any way but straight through, it takes minutes.
        assert.isBelow(Duration.toMillis(took), 3000)
      }
    })
  )

  it.effect("takes a head of 60 KiB", () =>
    Effect.gen(function* () {
      assert.match(yield* raw(["GET /healthz HTTP/1.1", `X: ${"a".repeat(60 * 1024)}`]), /^HTTP\/1.1 200 /)
    })
  )

  it.effect("cancels for who sends no body and no type", () =>
    Effect.gen(function* () {
      const answer = yield* raw([`POST /api/deploys/${ids.running}/cancel HTTP/1.1`, root])
      assert.match(answer, /^HTTP\/1.1 200 [^]*\{"success":true\}/)
    })
  )

  it.effect("cancels for who sends an empty form, as curl -d '' does", () =>
    Effect.gen(function* () {
      const url = `${yield* Served.url}/api/deploys/${ids.running}/cancel`
      assert.strictEqual(yield* curl(["-d", "", "-H", root, url]), '{"success":true}')
    })
  )

  it.effect("streams a deploy's events to curl -N, which ends with them", () =>
    Effect.gen(function* () {
      const text = yield* curl(["-N", "-i", "-H", root, "-H", "Last-Event-ID: 3", `${yield* Served.url}${eventsPath}`])
      assert.match(text, /^HTTP\/1.1 200 OK\r\n/)
      assert.include(text, "content-type: text/event-stream\r\n")
      const [, last] = /\r\n\r\n:\n\n[^]*id: 4\nevent: deploy.completed\ndata: (.*)\n\n$/.exec(text) ?? []
      assert.deepStrictEqual<unknown>(JSON.parse(last ?? "null"), events[3])
    })
  )

  it.effect("stops reading for a client that has gone", () =>
    Effect.gen(function* () {
      const { feed, readers } = yield* Script
      const before = yield* Ref.getAndSet(feed, Stream.concat(Stream.fromIterable(events.slice(0, 1)), Stream.never))
      const url = `${yield* Served.url}${eventsPath}`
      yield* Effect.callback<void>((resume) => {
        const sent = request(url, { headers: { authorization: "Bearer root" } }, (response) => {
          response.on("error", () => {})
          response.on("data", (chunk: Buffer) => {
            if (chunk.includes("deploy.created")) resume(Effect.sync(() => sent.destroy()))
          })
        })
        sent.end()
      })
      const readersNow = Ref.get(readers)
      yield* readersNow.pipe(
        Effect.repeat({ until: (n) => n === 0, schedule: Schedule.spaced("10 millis") }),
        Effect.timeout("5 seconds")
      )
      yield* Ref.set(feed, before)
    })
  )
})

describe("the end of the server", () => {
  it.live("ends the streams that are open, and waits for nobody", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const app = HttpApp.layer().pipe(Layer.provide(ScriptedEngine.layer))
      const server = Layer.provideMerge(NodeServer.layer(app, { port: 0 }), ScriptedEngine.layer)
      const context = yield* Layer.buildWithScope(server, scope)
      yield* Ref.set(Context.get(context, Script).feed, Stream.never)
      const url = yield* Effect.provideContext(Served.url, context)
      const fiber = yield* Effect.forkChild(curl(["-N", "-H", root, `${url}${eventsPath}`]), { startImmediately: true })
      yield* Ref.get(Context.get(context, Script).readers).pipe(
        Effect.repeat({ until: (n) => n === 1, schedule: Schedule.spaced("10 millis") })
      )
      const [took] = yield* Effect.timed(Scope.close(scope, Exit.void))
      assert.strictEqual(yield* Fiber.join(fiber), ":\n\n")
      assert.isBelow(Duration.toMillis(took), 3000)
    })
  )
})

describe("the listener", () => {
  it.live("serves from a server that the host has", () =>
    Effect.gen(function* () {
      const listener = yield* NodeServer.listener(HttpApp.layer().pipe(Layer.provide(ScriptedEngine.layer)))
      const server = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer(listener).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
      )
      const address = server.address()
      const port = typeof address === "object" ? address?.port : undefined
      const answers = yield* Effect.forEach(["/healthz", "/api/deploys", "/API/deploys"], (path) =>
        Effect.promise(
          async () => (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } })).status
        )
      )
      assert.deepStrictEqual(answers, [200, 401, 404])
    })
  )
})
