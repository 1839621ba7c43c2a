import type { Principal } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Option, Ref } from "effect"
import { TestClock } from "effect/testing"
import { waitOf } from "../src/Preference.ts"
import { ids, Script } from "./support/ScriptedEngine.ts"
import { Web } from "./support/Web.ts"

describe("a preference for a wait", () => {
  const cases: ReadonlyArray<readonly [prefer: string | undefined, seconds: number]> = [
    [undefined, 0],
    ["", 0],
    ["wait=10", 10],
    ["Wait = 10", 10],
    ['wait="10"', 10],
    ["wait=10; strictly", 10],
    ["respond-async, wait=10", 10],
    ["wait=600", 60],
    ["wait=999999999", 60],
    ["wait=5, wait=10", 5],
    ["wait=x, wait=10", 0],
    ["wait", 0],
    ["wait=", 0],
    ["wait=-1", 0],
    ["wait=1.5", 0],
    ["wait=10 seconds", 0],
    ["waiting=10", 0],
    ['handling="lenient, wait=5"', 0]
  ]
  it.each(cases)("%j is %i seconds", (prefer, seconds) => assert.strictEqual(waitOf(prefer), seconds))

  it.each(['"', ",", "\\", '"\\', "wait "])("is found at once among 60,000 of %j", (part) => {
    const text = part.repeat(60_000)
    const start = performance.now()
    waitOf(text)
    // Reading it in any way but straight through takes minutes.
    assert.isBelow(performance.now() - start, 2000)
  })
})

const path = `/api/deploys/${ids.running}`

/** Asks, and answers with the request at work once it is waiting. */
const asked = Effect.fnUntraced(function* (method: string, at: string, options: Parameters<Web["Service"]["send"]>[2]) {
  const fiber = yield* Effect.forkChild((yield* Web).send(method, at, options), { startImmediately: true })
  const { waiters } = yield* Script
  while ((yield* Ref.get(waiters)) === 0) yield* Effect.promise(() => new Promise((next) => setImmediate(next)))
  return fiber
})

const header = (seconds: number) => ({ headers: { prefer: `wait=${seconds}` } })

describe("an answer that may wait", () => {
  it.effect.each(["GET", "POST"])("is held until the deploy is final, for %s", (method) =>
    Effect.gen(function* () {
      const latch = yield* Latch.make()
      yield* Ref.set((yield* Script).final, latch.await)
      const fiber =
        method === "GET"
          ? yield* asked("GET", path, header(60))
          : yield* asked("POST", "/api/deploys", { ...header(60), body: { buildId: "bld_1" } })
      assert.isUndefined(fiber.pollUnsafe())
      yield* latch.open
      const { headers, status } = yield* Fiber.join(fiber)
      assert.deepStrictEqual([status, headers.get("preference-applied")], [method === "GET" ? 200 : 201, "wait=60"])
    }).pipe(Effect.provide(Web.layer))
  )

  it.effect("is given after the wait, whatever the deploy has come to", () =>
    Effect.gen(function* () {
      yield* Ref.set((yield* Script).final, Effect.never)
      const fiber = yield* asked("GET", path, header(600))
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const { body, headers, status } = yield* Fiber.join(fiber)
      assert.deepStrictEqual([status, headers.get("preference-applied")], [200, "wait=60"])
      assert.deepInclude(body, { id: ids.running, status: "running" })
    }).pipe(Effect.provide(Web.layer))
  )

  const losses: ReadonlyArray<
    readonly [what: string, workspaces: Principal["workspaces"] | undefined, status: number]
  > = [
    ["was revoked", undefined, 401],
    ["may not read the deploy any more", {}, 404]
  ]
  it.effect.each(losses)("tells nothing to a token that %s meanwhile", ([, workspaces, status]) =>
    Effect.gen(function* () {
      const { final, tokens } = yield* Script
      yield* Ref.set(final, Effect.never)
      const fiber = yield* asked("GET", path, { ...header(60), token: "reader" })
      const now = Option.map(Option.fromUndefinedOr(workspaces), (workspaces) => ({
        subject: "reader",
        everywhere: [],
        workspaces
      }))
      yield* Ref.set(tokens, new Map([["reader", Effect.succeed(now)]]))
      yield* TestClock.adjust("60 seconds")
      const answer = yield* Fiber.join(fiber)
      assert.deepStrictEqual([answer.status, answer.headers.get("etag")], [status, null])
    }).pipe(Effect.provide(Web.layer))
  )

  it.effect("says what was created, also to a token that was revoked meanwhile", () =>
    Effect.gen(function* () {
      const { final, tokens } = yield* Script
      yield* Ref.set(final, Effect.never)
      const fiber = yield* asked("POST", "/api/deploys", { ...header(60), body: { buildId: "bld_1" } })
      yield* Ref.set(tokens, new Map([["root", Effect.succeedNone]]))
      yield* TestClock.adjust("60 seconds")
      const { body, headers, status } = yield* Fiber.join(fiber)
      assert.deepStrictEqual([status, headers.get("preference-applied")], [201, null])
      assert.deepInclude(body, { id: ids.created, status: "pending" })
    }).pipe(Effect.provide(Web.layer))
  )

  it.effect("is given at once where the preference is malformed", () =>
    Effect.gen(function* () {
      yield* Ref.set((yield* Script).final, Effect.never)
      const { send } = yield* Web
      const malformed = yield* send("GET", path, { headers: { prefer: "wait=soon" } })
      assert.deepStrictEqual([malformed.status, malformed.headers.get("preference-applied")], [200, null])
    }).pipe(Effect.provide(Web.layer))
  )

  it.effect("stops waiting when its caller has gone", () =>
    Effect.gen(function* () {
      const { final, waiters } = yield* Script
      yield* Ref.set(final, Effect.never)
      const { handler } = yield* Web
      const abort = new AbortController()
      const headers = { authorization: "Bearer root", prefer: "wait=60" }
      const answer = handler(new Request(`http://localhost${path}`, { headers, signal: abort.signal }))
      answer.catch(() => {})
      const turn = Effect.promise(() => new Promise((next) => setImmediate(next)))
      while ((yield* Ref.get(waiters)) === 0) yield* turn
      abort.abort()
      while ((yield* Ref.get(waiters)) > 0) yield* turn
    }).pipe(Effect.provide(Web.layer))
  )
})
