import { type FeedEvent } from "@deploys/core"
import { HttpApp, HttpLimits, NodeServer } from "@deploys/http"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Latch, Layer, Ref, Scope, Stream } from "effect"
import { HttpServer } from "effect/http"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { events, ids, Script } from "./support/ScriptedEngine.ts"
import * as ScriptedEngine from "./support/ScriptedEngine.ts"
import { opened, portOf, until } from "./support/StreamReader.ts"

const limits = Layer.succeed(HttpLimits, { requests: Infinity, windowSeconds: 60, openPerCaller: 1000, open: 1000 })

const server = (port: number) =>
  NodeServer.layer(HttpApp.layer().pipe(Layer.provide([ScriptedEngine.layer, limits])), {
    port,
    gracefulShutdownTimeout: "100 millis"
  })

/** A busy machine takes a while for a thousand. */
const patience = 60_000

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** The first events, and the others once the latch is opened. */
const heldBack = (latch: Latch.Latch) =>
  Stream.concat(
    Stream.fromIterable(events.slice(0, 2)),
    Stream.unwrap(Effect.as(latch.await, Stream.fromIterable(events.slice(2))))
  )

const line = (sequence: number): FeedEvent => ({
  deployId: ids.completed,
  sequence,
  at: events[0]?.at ?? assert.fail("no event"),
  type: "log",
  data: { level: "info", message: "x".repeat(8000), step: null }
})

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** Bytes of buffers that somebody holds, but for those that are still being given back. */
const buffers = () => {
  collect()
  return process.memoryUsage().arrayBuffers
}

describe("a thousand streams of one process", () => {
  it.live(
    "bring each reader all events, and are read from the engine once",
    () =>
      Effect.gen(function* () {
        const { feed, readers } = yield* Script
        const latch = yield* Latch.make()
        yield* Ref.set(feed, heldBack(latch))
        const port = yield* portOf
        const all = yield* Effect.forEach(range(1, 1000), () => opened(port), { concurrency: 100 })
        yield* until(() => all.every(({ seen }) => seen.length === 2))
        assert.strictEqual(yield* Ref.get(readers), 1)
        yield* latch.open
        yield* until(() => all.every(({ ended }) => ended))
        assert.isTrue(all.every(({ seen }) => seen.join(" ") === "1 2 3 4"))
        assert.strictEqual(yield* Ref.get(readers), 0)
      }).pipe(Effect.provide(Layer.provideMerge(server(0), ScriptedEngine.layer))),
    patience
  )
})

describe("a reader that does not read", () => {
  it.live(
    "holds nobody up, fills no memory, and has all of it when it reads again",
    () =>
      Effect.gen(function* () {
        const count = 2000
        yield* Ref.set(
          (yield* Script).feed,
          Stream.concat(Stream.map(Stream.range(1, count), line), Stream.make(last(count + 1)))
        )
        const port = yield* portOf
        const stuck = yield* opened(port)
        stuck.socket.pause()
        const before = buffers()
        const quick = yield* opened(port)
        yield* until(() => quick.ended)
        assert.deepStrictEqual(quick.seen, range(1, count + 1))
        assert.isBelow(stuck.seen.length, count)
        // 16 MB have gone by; what is kept is what the system takes for a socket, and the last 64 KiB.
        yield* until(() => buffers() - before < 6 * 1024 * 1024)
        stuck.socket.resume()
        yield* until(() => stuck.ended)
        assert.deepStrictEqual(stuck.seen, range(1, count + 1))
      }).pipe(Effect.provide(Layer.provideMerge(server(0), ScriptedEngine.layer))),
    patience
  )
})

const last = (sequence: number): FeedEvent => ({ ...(events[3] ?? assert.fail("no event")), sequence })

describe("a server that is restarted", () => {
  it.live("lets its readers go on behind what they have seen", () =>
    Effect.gen(function* () {
      const { feed } = yield* Script
      const latch = yield* Latch.make()
      yield* Ref.set(feed, heldBack(latch))
      const engine = Layer.succeedContext(yield* Effect.context<Layer.Success<typeof ScriptedEngine.layer>>())
      const app = HttpApp.layer().pipe(Layer.provide(engine))
      const start = (port: number, scope: Scope.Scope) =>
        Effect.map(
          Layer.buildWithScope(NodeServer.layer(app, { port, gracefulShutdownTimeout: "100 millis" }), scope),
          (context) => Context.get(context, HttpServer.HttpServer)
        )
      const scope = yield* Scope.make()
      const port = yield* Effect.provideServiceEffect(portOf, HttpServer.HttpServer, start(0, scope))
      const first = yield* opened(port)
      yield* until(() => first.seen.length === 2)
      yield* Scope.close(scope, Exit.void)
      yield* until(() => first.ended)
      yield* start(port, yield* Effect.scope)
      const second = yield* opened(port, { after: first.seen.at(-1) ?? 0 })
      yield* latch.open
      yield* until(() => second.ended)
      assert.deepStrictEqual([...first.seen, ...second.seen], [1, 2, 3, 4])
    }).pipe(Effect.provide(ScriptedEngine.layer))
  )
})
