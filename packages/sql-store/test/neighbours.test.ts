import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeNeighbours } from "../src/internal/neighbours.ts"

describe("a node", () => {
  it.effect("takes itself to be alone when a second after its greeting nobody has answered", () =>
    Effect.gen(function* () {
      const { greeted, isAlone } = makeNeighbours()
      yield* TestClock.adjust("1 hour")
      assert.isFalse(yield* isAlone)
      yield* greeted
      yield* TestClock.adjust("999 millis")
      assert.isFalse(yield* isAlone)
      yield* TestClock.adjust("1 millis")
      assert.isTrue(yield* isAlone)
    })
  )

  it.effect("is not alone while it hears another, and forgets one that has kept silent", () =>
    Effect.gen(function* () {
      const { greeted, heard, isAlone } = makeNeighbours()
      yield* greeted
      yield* TestClock.adjust("1 second")
      yield* heard
      assert.isFalse(yield* isAlone)
      yield* TestClock.adjust("99 seconds")
      assert.isFalse(yield* isAlone)
      yield* heard
      yield* TestClock.adjust("99 seconds")
      assert.isFalse(yield* isAlone)
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* isAlone)
    })
  )

  it.effect("keeps what it heard before its own greeting was known to have gone out", () =>
    Effect.gen(function* () {
      const { greeted, heard, isAlone } = makeNeighbours()
      yield* heard
      yield* greeted
      yield* TestClock.adjust("2 seconds")
      assert.isFalse(yield* isAlone)
    })
  )

  it.effect("does not take itself to be alone while it hears nobody at all", () =>
    Effect.gen(function* () {
      const { deaf, greeted, isAlone } = makeNeighbours()
      yield* greeted
      yield* TestClock.adjust("1 minute")
      yield* deaf
      assert.isFalse(yield* isAlone)
      yield* TestClock.adjust("1 hour")
      assert.isFalse(yield* isAlone)
    })
  )
})
