import type { FeedEvent } from "@deploys/core"
import { Draining, EventStream } from "@deploys/http"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Layer, Logger, Queue, Ref, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import { events, ids, Script } from "./support/ScriptedEngine.ts"
import { Web } from "./support/Web.ts"

interface Body {
  readonly reader: ReadableStreamDefaultReader<string>
}

const path = `/api/deploys/${ids.completed}/events`

interface Received {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: unknown
}

/** Reads as the WHATWG says, without our encoder's help: fields of a line, events between empty lines, comments passed over. */
const received = (text: string): ReadonlyArray<Received> =>
  text
    .split(/(?:\r\n|\r|\n){2}/)
    .map((block) => block.split(/\r\n|\r|\n/).filter((line) => line !== "" && !line.startsWith(":")))
    .filter((lines) => lines.length > 0)
    .map((lines) => {
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
      return { id: field("id"), event: field("event"), data: JSON.parse(field("data") ?? "null") }
    })

const bodyOf = (feed: Stream.Stream<FeedEvent, unknown>) =>
  Stream.unwrap(
    Effect.map(EventStream.toResponse(feed), ({ body }) =>
      body._tag === "Stream" ? Stream.decodeText(body.stream) : Stream.die(new Error("The answer is no stream"))
    )
  )

describe("the stream of a deploy's events", () => {
  it.live("is each event as id, type and all of it as JSON, up to the last", () =>
    Effect.gen(function* () {
      const { headers, status, text } = yield* (yield* Web).send("GET", path)
      assert.strictEqual(status, 200)
      assert.strictEqual(headers.get("content-type"), "text/event-stream")
      assert.strictEqual(headers.get("cache-control"), "no-store")
      assert.deepStrictEqual(
        received(text).filter(({ event }) => event !== "progress"),
        events.map((event) => ({ id: String(event.sequence), event: event.type, data: event }))
      )
    }).pipe(Effect.provide(Web.layer))
  )

  it.live("has progress without an id, in its place", () =>
    Effect.gen(function* () {
      const { text } = yield* (yield* Web).send("GET", path)
      const [, , progress] = received(text)
      assert.isUndefined(progress?.id)
      assert.strictEqual(progress?.event, "progress")
    }).pipe(Effect.provide(Web.layer))
  )

  it.live("goes on behind the event that the reader saw last", () =>
    Effect.gen(function* () {
      const { text } = yield* (yield* Web).send("GET", path, { headers: { "last-event-id": "2" } })
      const ids = received(text).flatMap(({ id }) => id ?? [])
      assert.deepStrictEqual(ids, ["3", "4"])
    }).pipe(Effect.provide(Web.layer))
  )

  it.live("lets no text forge an event", () =>
    Effect.gen(function* () {
      const { text } = yield* (yield* Web).send("GET", path)
      assert.notInclude(text.split("\n"), "event: forged")
      assert.notInclude(text, "\r")
    }).pipe(Effect.provide(Web.layer))
  )

  it.effect("is not opened without a token or for what is hidden", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      assert.strictEqual((yield* send("GET", path, { token: null })).status, 401)
      assert.strictEqual((yield* send("GET", path, { token: "stranger" })).status, 404)
      assert.strictEqual(yield* Ref.get((yield* Script).readers), 0)
    }).pipe(Effect.provide(Web.layer))
  )

  it.effect("sends a comment at once and then every 15 seconds", () =>
    Effect.gen(function* () {
      const sent = yield* Queue.unbounded<string>()
      yield* Effect.forkScoped(Stream.runForEach(bodyOf(Stream.never), (text) => Queue.offer(sent, text)))
      assert.strictEqual(yield* Queue.take(sent), ":\n\n")
      for (const _ of [1, 2, 3]) {
        yield* TestClock.adjust("14 seconds")
        assert.strictEqual(yield* Queue.size(sent), 0)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Queue.take(sent), ":\n\n")
      }
    })
  )

  it.effect("ends with the feed and sends nothing more", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Stream.mkString(bodyOf(Stream.fromIterable(events))))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(
        received(yield* Fiber.join(fiber)).map(({ event }) => event),
        events.map(({ type }) => type)
      )
    })
  )

  it.effect("ends before its last event when the feed breaks, and says nothing of why", () =>
    Effect.gen(function* () {
      for (const broken of [Stream.fail("canary-secret"), Stream.die(new Error("canary-secret"))]) {
        const text = yield* Stream.mkString(bodyOf(Stream.concat(Stream.fromIterable(events.slice(0, 2)), broken)))
        assert.lengthOf(received(text), 2)
        assert.notInclude(text, "canary")
      }
    })
  )

  it.effect("ends when the server is about to end", () =>
    Effect.gen(function* () {
      const draining = yield* Latch.make()
      const fiber = yield* Effect.forkChild(
        Effect.provideService(Stream.mkString(bodyOf(Stream.never)), Draining, draining.await)
      )
      yield* TestClock.adjust("1 second")
      yield* draining.open
      assert.strictEqual(yield* Fiber.join(fiber), ":\n\n")
    })
  )

  const leaving: ReadonlyArray<readonly [name: string, leave: (abort: () => void, body: Body) => Promise<void>]> = [
    ["aborts its request", async (abort) => abort()],
    ["cancels the body", async (_, { reader }) => void (await reader.cancel())]
  ]
  it.live.each(leaving)("stops reading for a Fetch client that %s", ([, leave]) =>
    Effect.gen(function* () {
      const { feed, readers } = yield* Script
      yield* Ref.set(feed, Stream.concat(Stream.fromIterable(events.slice(0, 1)), Stream.never))
      const { handler } = yield* Web
      const abort = new AbortController()
      const headers = { authorization: "Bearer root" }
      const request = new Request(`http://localhost${path}`, { headers, signal: abort.signal })
      yield* Effect.promise(async () => {
        const reader = (await handler(request)).body?.pipeThrough(new TextDecoderStream()).getReader()
        assert.isDefined(reader)
        let text = ""
        while (!text.includes("deploy.created")) text += (await reader.read()).value ?? ""
        await leave(() => abort.abort(), { reader })
      })
      yield* Ref.get(readers).pipe(
        Effect.repeat({ until: (n) => n === 0, schedule: Schedule.spaced("10 millis") }),
        Effect.timeout("5 seconds")
      )
    }).pipe(Effect.provide(Web.layer))
  )

  it.live("is broken under the id of its request, in the log", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.map(Logger.formatLogFmt, (line) => lines.push(line))
      yield* Effect.gen(function* () {
        yield* Ref.set((yield* Script).feed, Stream.die(new Error("canary-secret")))
        yield* (yield* Web).send("GET", path, { headers: { "x-request-id": "r-1" } })
      }).pipe(Effect.provide(Web.layer.pipe(Layer.provide(Logger.layer([logger])))))
      const log = lines.join("\n")
      assert.include(log, "canary-secret")
      assert.include(log, "requestId=r-1")
    })
  )
})
