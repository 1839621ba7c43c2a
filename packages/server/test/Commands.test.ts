import { Deploy, Timestamp } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Queue, Ref, Schema, Stream } from "effect"
import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { expiryTime, readExpiry } from "../src/cli/expiry.ts"
import { inTurn } from "../src/cli/inTurn.ts"
import { once } from "../src/cli/once.ts"
import { Screen, styles } from "../src/cli/Screen.ts"
import { tableLines } from "../src/cli/Table.ts"
import { untilQuiet } from "../src/cli/untilQuiet.ts"
import { actor, ago, ahead, markedState } from "../src/cli/words.ts"

const at = (time: string) => Timestamp.make(`2026-01-${time}.000000Z`)

describe("words", () => {
  it.each([
    ["01T00:00:00", "01T00:00:09", "just now"],
    ["01T00:00:09", "01T00:00:00", "just now"],
    ["01T00:00:00", "01T00:00:59", "59 s ago"],
    ["01T00:00:00", "01T00:59:59", "59 min ago"],
    ["01T00:00:00", "02T23:59:59", "47 h ago"],
    ["01T00:00:00", "31T00:00:00", "30 days ago"]
  ])("say of %s at %s that it was %s", (then, now, words) => assert.strictEqual(ago(at(then), at(now)), words))

  it("say how far ahead an end is", () => {
    const now = at("01T00:00:00")
    assert.deepStrictEqual(
      ["01T00:00:05", "01T13:00:00", "31T00:00:00"].map((then) => ahead(at(then), now)),
      ["in 5 s", "in 13 h", "in 30 days"]
    )
  })

  it.each([
    ["root", "root"],
    ["root/tok_01kaxmh6b2f0v8wq3n5r7t9y1z", "root/…9y1z"],
    ["a/b/tok_01kaxmh6b2f0v8wq3n5r7t9y1z", "a/b/…9y1z"],
    ["root/tok_short", "root/tok_short"],
    ["a\u001b[2Jb", "a [2Jb"]
  ])("call the actor %j %j, so that none passes for another", (subject, words) =>
    assert.strictEqual(actor(subject), words)
  )

  it("tell a deploy's state by a mark as well as by a colour", () => {
    const row = { status: "completed", isLive: false, failureCode: null }
    const words = (fields: object) =>
      markedState(Schema.decodeUnknownSync(Deploy)({ ...example, ...row, ...fields }), styles.plain)
    assert.deepStrictEqual(
      [
        { isLive: true },
        {},
        { status: "failed", failureCode: "superseded" },
        { status: "running" },
        { status: "pending" }
      ].map(words),
      ["● live", "✓ completed", "✗ superseded", "▸ running", "○ pending"]
    )
  })
})

const example = {
  id: "dep_01j00000000000000000000000",
  workspaceId: "default",
  entityId: "shop",
  sequenceNumber: 1,
  buildId: "build",
  status: "pending",
  trigger: "manual",
  sourceEventId: null,
  productionUrl: null,
  previewUrl: null,
  error: null,
  metadata: {},
  createdBy: "root",
  startedAt: null,
  completedAt: null,
  createdAt: at("01T00:00:00"),
  failureCode: null,
  isLive: false
}

describe("a table", () => {
  it("has columns as wide as they look, colours and wide letters or not", () => {
    const rows = [
      ["A", "B", "C"],
      [styles.colour.good("ok"), "日本", ""],
      ["long", "x", "y"]
    ]
    assert.deepStrictEqual(tableLines(rows), ["A     B     C", `${styles.colour.good("ok")}    日本`, "long  x     y"])
  })
})

describe("an expiry", () => {
  const times: ReadonlyArray<readonly [text: string, time: string]> = [
    ["12h", "1970-01-01T12:00:00.000000Z"],
    ["30d", "1970-01-31T00:00:00.000000Z"],
    ["4w", "1970-01-29T00:00:00.000000Z"],
    ["2027-01-31T12:00:00+01:00", "2027-01-31T11:00:00.000000Z"]
  ]
  it.effect.each(times)("%s is a time", ([text, time]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* expiryTime(Option.getOrThrow(readExpiry(text))), time)
    })
  )

  it.each(["", "d", "0d", "-1d", "1.5d", "30", "30m", "1000000d", "tomorrow", "2027-02-30T00:00:00Z"])(
    "is not %j",
    (text) => assert.isTrue(Option.isNone(readExpiry(text)))
  )
})

describe("what a stream has told by now", () => {
  it.effect("begins whenever its first element comes, and ends once none follows for a second", () =>
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<number>()
      const told = yield* Effect.forkChild(Stream.runCollect(untilQuiet(Stream.fromQueue(queue))))
      yield* TestClock.adjust("1 hour")
      yield* Queue.offer(queue, 1)
      yield* TestClock.adjust("900 millis")
      yield* Queue.offer(queue, 2)
      yield* TestClock.adjust("900 millis")
      assert.isUndefined(told.pollUnsafe())
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(yield* Fiber.join(told), [1, 2])
    })
  )

  it.effect("ends with the stream", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Stream.runCollect(untilQuiet(Stream.make(1, 2))), [1, 2])
    })
  )
})

const request = HttpClientRequest.get("http://server")

/** Answers each call with the next status; after the last with that again. */
const answering = Effect.fnUntraced(function* (...statuses: ReadonlyArray<number>) {
  const calls = yield* Ref.make(0)
  const client = HttpClient.make((asked) =>
    Effect.map(
      Ref.getAndUpdate(calls, (n) => n + 1),
      (n) => {
        const status = statuses[Math.min(n, statuses.length - 1)] ?? 200
        return HttpClientResponse.fromWeb(asked, new Response(null, { status, headers: { "retry-after": "3" } }))
      }
    )
  )
  return { calls: Ref.get(calls), client: inTurn(client) }
})

describe("a caller that asks for too much", () => {
  it.effect("waits for as long as the server says, and asks again", () =>
    Effect.gen(function* () {
      const { calls, client } = yield* answering(429, 429, 200)
      const answer = yield* Effect.forkChild(client.execute(request))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* calls, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* calls, 2)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* Fiber.join(answer)).status, 200)
    })
  )

  it.effect("gives up in the end", () =>
    Effect.gen(function* () {
      const { client } = yield* answering(429)
      const answer = yield* Effect.forkChild(client.execute(request))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(answer)).status, 429)
    })
  )
})

const broken = (code: string) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, cause: Object.assign(new Error(code), { code }) })
  })

/** Makes a call that fails with these codes one after the other and then succeeds; tells under which keys it was made. */
const calling = Effect.fnUntraced(function* (codes: ReadonlyArray<string>) {
  const keys = yield* Ref.make<ReadonlyArray<string>>([])
  const call = (headers: { readonly "idempotency-key": string }) =>
    Effect.flatMap(
      Ref.updateAndGet(keys, (known) => [...known, headers["idempotency-key"]]),
      ({ length }) => {
        const code = codes[length - 1]
        return code === undefined ? Effect.succeed("done") : Effect.fail(broken(code))
      }
    )
  const outcome = yield* Effect.forkChild(Effect.exit(Effect.provide(once(call), Screen.layerSilent)))
  yield* TestClock.adjust("1 minute")
  return { keys: yield* Ref.get(keys), succeeded: (yield* Fiber.join(outcome))._tag === "Success" }
})

describe("a call whose answer was lost", () => {
  it.effect("is made again under the same key, also while the server restarts", () =>
    Effect.gen(function* () {
      const { keys, succeeded } = yield* calling(["ECONNRESET", "ECONNREFUSED", "ECONNREFUSED"])
      assert.isTrue(succeeded)
      assert.lengthOf(keys, 4)
      assert.lengthOf(new Set(keys), 1)
      assert.notStrictEqual((yield* calling([])).keys[0], keys[0])
    })
  )

  it.effect("is given up in the end", () =>
    Effect.gen(function* () {
      const { keys, succeeded } = yield* calling(Array.from({ length: 20 }, () => "ECONNRESET"))
      assert.isFalse(succeeded)
      assert.lengthOf(keys, 8)
    })
  )

  it.effect("is not made again where no server was there to hear it", () =>
    Effect.gen(function* () {
      const { keys, succeeded } = yield* calling(["ECONNREFUSED"])
      assert.isFalse(succeeded)
      assert.lengthOf(keys, 1)
    })
  )
})
