import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { succeeds } from "../../src/testing/ScriptedTarget.ts"
import { insert, ports, read, store } from "../fixtures/engine.ts"
import { id, killedNode, node, started } from "../fixtures/nodes.ts"

/** For a step whose deploy is to run out of time first. */
const noLimits = { attemptTimeout: "2 hours", timeout: "2 hours" } as const

/** A clock whose wall time is an hour ahead of the store's. */
const anHourAhead = (clock: Clock.Clock): Clock.Clock => ({
  ...clock,
  currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + 3_600_000,
  currentTimeMillis: Effect.map(clock.currentTimeMillis, (millis) => millis + 3_600_000)
})

describe("the time limit of a deploy", () => {
  it.effect("is counted by the store, whatever the clock of the node says", () =>
    Effect.gen(function* () {
      const step = succeeds("first", null, { run: () => Effect.as(Effect.sleep("50 minutes"), null), ...noLimits })
      yield* insert(id).pipe(Effect.provide(ports()))
      const { running } = yield* Effect.updateService(node(step), Clock.Clock, anHourAhead)
      yield* TestClock.adjust("51 minutes")
      yield* Fiber.join(running)
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
    }).pipe(Effect.provide(store))
  )

  it.effect("is counted from the start, over all nodes that have run it", () =>
    Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      const step = succeeds("first", null, {
        run: () =>
          Effect.andThen(
            Ref.update(runs, (n) => n + 1),
            Effect.never
          ),
        ...noLimits
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([step], started(1))
      yield* TestClock.adjust("50 minutes")
      const one = yield* node(step)
      yield* TestClock.adjust("9 minutes")
      assert.strictEqual((yield* read(id)).deploy.status, "running")
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(one.running)
      assert.strictEqual((yield* read(id)).deploy.failureCode, "timed_out")
      assert.strictEqual(yield* Ref.get(runs), 1)
    }).pipe(Effect.provide(store))
  )

  it.effect("lets nothing begin once it is over", () =>
    Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      const step = succeeds("first", null, {
        run: () =>
          Effect.as(
            Ref.update(runs, (n) => n + 1),
            null
          )
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([step])
      yield* TestClock.adjust("61 minutes")
      yield* Fiber.join((yield* node(step)).running)
      assert.strictEqual((yield* read(id)).deploy.failureCode, "timed_out")
      assert.strictEqual(yield* Ref.get(runs), 0)
    }).pipe(Effect.provide(store))
  )
})
