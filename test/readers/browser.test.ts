import { NodeServices } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Deferred, Effect, FileSystem, Layer, Queue } from "effect"
import { ChildProcess } from "effect/process"
import { existsSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { text } from "node:stream/consumers"
import { page } from "./page.ts"
import { fieldsOf, Served, story } from "./Served.ts"

const chromium = "/usr/bin/chromium"
const available = existsSync(chromium)
if (!available) process.stderr.write(`NOT RUN: the test of a browser as a reader, since there is no ${chromium}\n`)

/** A server of pages: gives out one, and what it is told about. */
const site = Effect.gen(function* () {
  const told = yield* Queue.unbounded<readonly [path: string, body: string]>()
  const shown = yield* Deferred.make<string>()
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ""
    if (request.method === "POST") Effect.runSync(Queue.offer(told, [path, await text(request)]))
    response.setHeader("content-type", "text/html")
    response.end(path === "/" ? await Effect.runPromise(Deferred.await(shown)) : "")
  }
  const server = createServer((request, response) => void answer(request, response))
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => server.close().closeAllConnections())
  )
  const address = server.address()
  const port = typeof address === "string" ? "" : address?.port
  return { origin: `http://127.0.0.1:${port}`, told, shown }
})

const browse = Effect.fnUntraced(function* (url: string) {
  const fs = yield* FileSystem.FileSystem
  const profile = yield* fs.makeTempDirectoryScoped({ prefix: "deploys-browser-" })
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`]
  yield* ChildProcess.make(chromium, [...flags, url], { stdin: "ignore", stdout: "ignore", stderr: "ignore" })
})

describe.skipIf(!available)("a page of another origin", () => {
  layer(NodeServices.layer, { excludeTestServices: true })((it) => {
    const read = Effect.fnUntraced(function* (isListed: boolean) {
      const { origin, shown, told } = yield* site
      const services = yield* Layer.build(Served.layer(isListed ? [origin] : ["https://elsewhere.example"]))
      return yield* Effect.gen(function* () {
        const { start, url } = yield* Served
        const { id, letGo } = yield* start
        yield* Deferred.succeed(shown, page(`${url}/api/deploys/${id}/events`))
        yield* browse(`${origin}/`)
        const [first, body] = yield* Queue.take(told)
        yield* letGo
        return first === "/waiting" ? [first, ...(yield* Queue.take(told))] : [first, body]
      }).pipe(Effect.provideContext(services))
    }, Effect.scoped)

    it.effect(
      "reads events while they happen, and all of them to the end",
      () =>
        Effect.gen(function* () {
          const [first, path, body = ""] = yield* read(true)
          assert.deepStrictEqual([first, path], ["/waiting", "/done"], body)
          assert.match(body, /^200 req_/)
          assert.deepStrictEqual(fieldsOf(body, "event"), story)
          assert.include(body, "waiting … ä 𝒳")
        }),
      90_000
    )

    it.effect(
      "reads nothing where its origin is not listed",
      () =>
        Effect.gen(function* () {
          const [path, body] = yield* read(false)
          assert.deepStrictEqual([path, body], ["/done", "broke TypeError: Failed to fetch"])
        }),
      90_000
    )
  })
})
