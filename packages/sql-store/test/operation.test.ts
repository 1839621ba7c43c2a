import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schema } from "effect"
import { SqlError } from "effect/sql"
import { TestClock } from "effect/testing"
import { operation } from "../src/internal/operation.ts"

const sqlError = (reason: SqlError.SqlErrorReason) => new SqlError.SqlError({ reason })

const deadlock = sqlError(new SqlError.DeadlockError({ cause: "deadlock" }))
const lost = sqlError(new SqlError.ConnectionError({ cause: "lost" }))

/** Fails so many times before it succeeds; says how often it was tried. */
const failing = (times: number, error: SqlError.SqlError) =>
  Effect.gen(function* () {
    let tries = 0
    const attempt = Effect.suspend(() => (tries++ < times ? Effect.fail(error) : Effect.succeed("done")))
    const fiber = yield* Effect.forkChild(Effect.result(operation("test")(attempt)))
    yield* TestClock.adjust("10 seconds")
    return { result: yield* Fiber.join(fiber), tries }
  })

describe("an operation", () => {
  it.effect("is repeated where the database undid it", () =>
    Effect.gen(function* () {
      const { result, tries } = yield* failing(3, deadlock)
      assert.strictEqual(result._tag === "Success" && result.success, "done")
      assert.strictEqual(tries, 4)
    })
  )

  it.effect("gives up after a few repetitions", () =>
    Effect.gen(function* () {
      const { result, tries } = yield* failing(1000, deadlock)
      assert.strictEqual(result._tag === "Failure" && result.failure._tag, "StoreError")
      assert.strictEqual(tries, 6)
    })
  )

  it.effect("is not repeated where it may have landed", () =>
    Effect.gen(function* () {
      const { result, tries } = yield* failing(1, lost)
      if (result._tag !== "Failure" || result.failure._tag !== "StoreError") return assert.fail(result._tag)
      assert.strictEqual(result.failure.operation, "test")
      assert.strictEqual(result.failure.cause, lost)
      assert.strictEqual(tries, 1)
    })
  )

  it.effect("is given up when there is no answer in time, and what is under way is interrupted", () =>
    Effect.gen(function* () {
      let isInterrupted = false
      const never = Effect.onInterrupt(Effect.never, () => Effect.sync(() => (isInterrupted = true)))
      const fiber = yield* Effect.forkChild(Effect.flip(operation("test")(never)), { startImmediately: true })
      yield* TestClock.adjust("16 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "StoreError")
      assert.isTrue(isInterrupted)
    })
  )

  it.effect("dies of a row of our own that can not be read, and lets other errors through", () =>
    Effect.gen(function* () {
      const unreadable = Schema.decodeUnknownEffect(Schema.String)(1)
      assert.isTrue(Exit.hasDies(yield* Effect.exit(operation("test")(unreadable))))
      assert.strictEqual(yield* Effect.flip(operation("test")(Effect.fail("other" as const))), "other")
    })
  )
})
