import { type Principal, StoreError, WorkspaceId } from "@deploys/core"
import { HttpApp, HttpLimits, NodeServer } from "@deploys/http"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Latch, Layer, type Option, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"
import { events, ids, Script } from "./support/ScriptedEngine.ts"
import * as ScriptedEngine from "./support/ScriptedEngine.ts"
import { opened, portOf, type Reader, until } from "./support/StreamReader.ts"

const limits = Layer.succeed(HttpLimits, { requests: Infinity, windowSeconds: 60, openPerCaller: 1000, open: 1000 })

const server = NodeServer.layer(HttpApp.layer().pipe(Layer.provide([ScriptedEngine.layer, limits])), {
  port: 0,
  gracefulShutdownTimeout: "100 millis"
}).pipe(Layer.provideMerge(ScriptedEngine.layer))

/** Readers go before the server, which would wait for them by the test's clock. */
const served = <A, E, R>(test: Effect.Effect<A, E, R>) => test.pipe(Effect.scoped, Effect.provide(server))

type Said = Effect.Effect<Option.Option<Principal>, StoreError>

const away: Said = Effect.fail(new StoreError({ operation: "authenticate", cause: new Error("away") }))
const nobody: Said = Effect.succeedNone
const elsewhere: Said = Effect.succeedSome({
  subject: "reader",
  everywhere: [],
  workspaces: { [WorkspaceId.make("elsewhere")]: ["read"] }
})

/** From now on this is said of the reader's token; of root's what always was. */
const say = Effect.fnUntraced(function* (said: Said) {
  yield* Ref.set((yield* Script).tokens, new Map([["reader", said]]))
})

/** What goes over sockets takes its time, whatever the clock says; shared events go out once in 25 of its milliseconds. */
const settled = (test: () => boolean) =>
  TestClock.adjust("25 millis").pipe(
    Effect.andThen(Effect.promise(() => new Promise((resume) => setTimeout(resume, 10)))),
    Effect.repeat({ until: test })
  )

/** Opens streams of a deploy that has two more events once the latch is opened. */
const following = Effect.fnUntraced(function* (tokens: ReadonlyArray<string>) {
  const latch = yield* Latch.make()
  const later = Stream.unwrap(Effect.as(latch.await, Stream.fromIterable(events.slice(2))))
  yield* Ref.set((yield* Script).feed, Stream.concat(Stream.fromIterable(events.slice(0, 2)), later))
  const port = yield* portOf
  const readers = yield* Effect.forEach(tokens, (token) => opened(port, { token }), { concurrency: 100 })
  yield* settled(() => readers.every(({ seen }) => seen.length === 2))
  return { latch, readers }
})

const statusAs = Effect.fnUntraced(function* (token: string) {
  const url = `http://127.0.0.1:${yield* portOf}/api/deploys/${ids.completed}/events`
  return yield* Effect.promise(async () => {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}`, connection: "close" } })
    await response.text()
    return response.status
  })
})

const goesOn = Effect.fnUntraced(function* (latch: Latch.Latch, reader: Reader | undefined) {
  assert.isFalse(reader?.ended)
  yield* latch.open
  yield* settled(() => reader?.ended === true)
  assert.deepStrictEqual(reader?.seen, [1, 2, 3, 4])
})

describe("an open stream", () => {
  const losses: ReadonlyArray<readonly [what: string, said: Said, status: number]> = [
    ["is nobody's any more", nobody, 401],
    ["may not read the deploy any more", elsewhere, 404]
  ]
  it.effect.each(losses)("ends within 15 seconds when its token %s, and that of another goes on", ([, said, status]) =>
    Effect.gen(function* () {
      const { latch, readers } = yield* following(["reader", "root"])
      const [lost, other] = readers
      yield* say(said)
      yield* TestClock.adjust("15 seconds")
      yield* TestClock.withLive(until(() => lost?.ended === true))
      assert.strictEqual(yield* statusAs("reader"), status)
      yield* goesOn(latch, other)
      assert.deepStrictEqual(lost?.seen, [1, 2])
    }).pipe(served)
  )

  const failures: ReadonlyArray<readonly [what: string, said: Said]> = [
    ["can't be checked", away],
    ["can't be checked because of a defect", Effect.die(new Error("a defect"))],
    ["is checked and no answer comes", Effect.never]
  ]
  it.effect.each(failures)("goes on while its token %s", ([, said]) =>
    Effect.gen(function* () {
      const { latch, readers } = yield* following(["reader"])
      yield* say(said)
      yield* TestClock.adjust("40 seconds")
      yield* goesOn(latch, readers[0])
    }).pipe(served)
  )

  it.effect.each(failures)("ends at the next check where the token %s, and then is nobody's", ([, said]) =>
    Effect.gen(function* () {
      const { readers } = yield* following(["reader"])
      yield* say(said)
      yield* TestClock.adjust("20 seconds")
      yield* say(nobody)
      yield* TestClock.adjust("30 seconds")
      yield* TestClock.withLive(until(() => readers[0]?.ended === true))
    }).pipe(served)
  )

  it.effect("costs one check a token in 15 seconds, however many are open, and none once all have gone", () =>
    Effect.gen(function* () {
      const { authentications } = yield* Script
      const { readers } = yield* following([...Array.from({ length: 90 }, () => "reader"), "root"])
      const before = yield* Ref.get(authentications)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Ref.get(authentications)) - before, 8)
      yield* say(nobody)
      yield* TestClock.adjust("15 seconds")
      yield* TestClock.withLive(until(() => readers.slice(0, 90).every(({ ended }) => ended)))
      const after = yield* Ref.get(authentications)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Ref.get(authentications)) - after, 4)
    }).pipe(served)
  )
})
