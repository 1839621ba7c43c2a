import { HttpLimits } from "@deploys/http"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Ref, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import { makeRequestBudget } from "../src/RequestBudget.ts"
import { ids, Script } from "./support/ScriptedEngine.ts"
import { Web } from "./support/Web.ts"

const limited = (limits: Partial<(typeof HttpLimits)["Service"]>) =>
  Layer.succeed(HttpLimits, { requests: Infinity, windowSeconds: 60, openPerCaller: 2, open: 3, ...limits })

const budget = (requests: number) => Effect.provide(makeRequestBudget, limited({ requests }))

const path = `/api/deploys/${ids.running}`
const eventsPath = `${path}/events`

describe("the requests of a caller", () => {
  it.effect("are let in up to the limit at once, and then steadily", () =>
    Effect.gen(function* () {
      const take = yield* budget(3)
      const burst = yield* Effect.forEach([1, 2, 3, 4], () => take("ada"))
      assert.deepStrictEqual(
        burst.map(({ allowed, remaining, resetSeconds, retrySeconds }) => [
          allowed,
          remaining,
          resetSeconds,
          retrySeconds
        ]),
        [
          [true, 2, 20, 0],
          [true, 1, 40, 0],
          [true, 0, 60, 0],
          [false, 0, 60, 20]
        ]
      )
      yield* TestClock.adjust("19 seconds")
      assert.isFalse((yield* take("ada")).allowed)
      yield* TestClock.adjust("1 second")
      assert.isTrue((yield* take("ada")).allowed)
      assert.isFalse((yield* take("ada")).allowed)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* take("ada")).remaining, 2)
    })
  )

  it.effect("are counted apart from those of others", () =>
    Effect.gen(function* () {
      const take = yield* budget(1)
      assert.deepStrictEqual(
        (yield* Effect.forEach(["ada", "ada", "bob"], take)).map(({ allowed }) => allowed),
        [true, false, true]
      )
    })
  )

  it.effect("are remembered until the bucket is full, however many callers there are", () =>
    Effect.gen(function* () {
      const take = yield* budget(1)
      for (let round = 0; round < 3; round++) {
        for (let caller = 0; caller < 1500; caller++) assert.isTrue((yield* take(`caller ${caller}`)).allowed)
        assert.isFalse((yield* take("caller 0")).allowed)
        yield* TestClock.adjust("1 minute")
      }
    })
  )

  it.effect("beyond the limit are a 429 that says when to come back", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const [first, second, third] = yield* Effect.forEach([1, 2, 3], () => send("GET", path))
      assert.deepStrictEqual([first?.status, second?.status, third?.status], [200, 200, 429])
      assert.deepStrictEqual(
        [first, third].map((answer) => [answer?.headers.get("ratelimit-policy"), answer?.headers.get("ratelimit")]),
        [
          ['"requests";q=2;w=60', '"requests";r=1;t=30'],
          ['"requests";q=2;w=60', '"requests";r=0;t=60']
        ]
      )
      assert.strictEqual(third?.headers.get("retry-after"), "30")
      assert.deepInclude(third?.body, {
        type: "urn:problem-type:deploys:too-many-requests",
        status: 429,
        retryAfterSeconds: 30
      })
      // Another caller, one without a token, and those who only probe are not concerned.
      assert.strictEqual((yield* send("GET", path, { token: "reader" })).status, 200)
      assert.strictEqual((yield* send("GET", path, { token: null })).status, 401)
      assert.strictEqual((yield* send("GET", "/healthz", { token: null })).status, 200)
    }).pipe(Effect.provide(Web.layer), Effect.provide(limited({ requests: 2 })))
  )

  it.effect("are told in answers with errors too, and to nobody where there is no limit", () =>
    Effect.gen(function* () {
      const { headers, status } = yield* (yield* Web).send("GET", `/api/deploys/${ids.missing}`)
      assert.deepStrictEqual([status, headers.get("ratelimit")], [404, '"requests";r=9;t=6'])
    }).pipe(
      Effect.provide(Web.layer),
      Effect.provide(limited({ requests: 10 })),
      Effect.andThen(
        Effect.gen(function* () {
          assert.isNull((yield* (yield* Web).send("GET", path)).headers.get("ratelimit"))
        }).pipe(Effect.provide(Web.layer), Effect.provide(limited({})))
      )
    )
  )
})

const endless = Effect.flatMap(Script, ({ feed }) => Ref.set(feed, Stream.never))

/** Opens a stream and leaves it open until the abort. */
const opened = Effect.fnUntraced(function* (token = "root", at = eventsPath) {
  const { handler } = yield* Web
  const abort = new AbortController()
  const headers = { authorization: `Bearer ${token}` }
  const response = yield* Effect.promise(() =>
    handler(new Request(`http://localhost${at}`, { headers, signal: abort.signal }))
  )
  yield* Effect.promise(async () => void (await response.body?.getReader().read()))
  return { status: response.status, retryAfter: response.headers.get("retry-after"), abort }
})

/** Asks until the place of who has gone is free. */
const openedLater = (token = "root") =>
  opened(token).pipe(
    Effect.repeat({ until: ({ status }) => status === 200, schedule: Schedule.spaced("10 millis") }),
    Effect.timeout("5 seconds")
  )

describe("the answers that stay open", () => {
  it.live("are limited for each caller, and free their place when they end", () =>
    Effect.gen(function* () {
      yield* endless
      const [first] = [yield* opened(), yield* opened()]
      const third = yield* opened()
      assert.deepStrictEqual([third.status, third.retryAfter], [429, "5"])
      first.abort.abort()
      assert.strictEqual((yield* openedLater()).status, 200)
    }).pipe(Effect.provide(Web.layer), Effect.provide(limited({})))
  )

  it.live("are limited for the process, whoever asks", () =>
    Effect.gen(function* () {
      yield* endless
      const statuses = yield* Effect.forEach(["root", "root", "reader", "reader"], (token) => opened(token))
      assert.deepStrictEqual(
        statuses.map(({ retryAfter, status }) => [status, retryAfter]),
        [
          [200, null],
          [200, null],
          [200, null],
          [503, "1"]
        ]
      )
    }).pipe(Effect.provide(Web.layer), Effect.provide(limited({})))
  )

  it.live("keep no place for a HEAD or an answer that is an error", () =>
    Effect.gen(function* () {
      yield* endless
      const { send } = yield* Web
      for (let times = 0; times < 4; times++) {
        assert.strictEqual((yield* send("HEAD", eventsPath)).status, 200)
        assert.strictEqual((yield* send("GET", `/api/deploys/${ids.missing}/events`)).status, 404)
      }
      assert.strictEqual((yield* opened()).status, 200)
    }).pipe(Effect.provide(Web.layer), Effect.provide(limited({})))
  )

  it.live("count those that are held, and without a place nothing is waited for", () =>
    Effect.gen(function* () {
      yield* endless
      yield* Ref.set((yield* Script).final, Effect.never)
      const { send } = yield* Web
      const held = yield* Effect.forkChild(send("GET", path, { headers: { prefer: "wait=60" } }))
      yield* Ref.get((yield* Script).waiters).pipe(
        Effect.repeat({ until: (n) => n === 1, schedule: Schedule.spaced("10 millis") })
      )
      assert.strictEqual((yield* opened()).status, 200)
      const { headers, status } = yield* send("GET", path, { headers: { prefer: "wait=60" } })
      assert.deepStrictEqual([status, headers.get("preference-applied")], [200, null])
      yield* Fiber.interrupt(held)
    }).pipe(Effect.provide(Web.layer), Effect.provide(limited({})))
  )
})

describe("a body that does not come", () => {
  it.effect("is waited for 30 seconds, and then a 408", () =>
    Effect.gen(function* () {
      const { handler } = yield* Web
      const init = {
        method: "POST",
        headers: { authorization: "Bearer root", "content-type": "application/json" },
        body: new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode("{")) }),
        duplex: "half"
      } as const
      const fiber = yield* Effect.forkChild(
        Effect.promise(() => handler(new Request("http://localhost/api/deploys", init))),
        { startImmediately: true }
      )
      for (let turn = 0; turn < 20; turn++) yield* Effect.promise(() => new Promise((next) => setImmediate(next)))
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).status, 408)
    }).pipe(Effect.provide(Web.layer))
  )
})
