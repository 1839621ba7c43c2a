import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import { keepingPace } from "../src/builds/UploadPace.ts"

/** A body that brings so many bytes every ten seconds, ten times. */
const body = (bytes: number) =>
  Stream.fromIterable(Array.from({ length: 10 }, () => new Uint8Array(bytes))).pipe(
    Stream.schedule(Schedule.spaced("10 seconds"))
  )

const read = Effect.fnUntraced(function* (stream: Parameters<typeof keepingPace>[0]) {
  const counted = Effect.result(Stream.runCount(keepingPace(stream)))
  const fiber = yield* Effect.forkChild(counted, { startImmediately: true })
  yield* TestClock.adjust("200 seconds")
  return yield* Fiber.join(fiber)
})

describe("an upload", () => {
  it.effect("may take its time as long as it goes on", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* read(body(20_000)), { _tag: "Success", success: 10 })
    })
  )

  it.effect("that stands still is not waited for", () =>
    Effect.gen(function* () {
      const stopped = Stream.concat(Stream.make(new Uint8Array(1e6)), Stream.never)
      assert.deepInclude(yield* read(stopped), { _tag: "Failure" })
    })
  )

  it.effect("that drips is not waited for", () =>
    Effect.gen(function* () {
      const result = yield* read(body(1000))
      assert.strictEqual(result._tag === "Failure" ? result.failure.reason : "", "stalled")
    })
  )
})
