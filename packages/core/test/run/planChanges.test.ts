import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { succeeds } from "../../src/testing/ScriptedTarget.ts"
import { insert, ports, read, store } from "../fixtures/engine.ts"
import { id, killedNode, node, started, stepCompleted } from "../fixtures/nodes.ts"

describe("a plan that changed while its deploy was in flight", () => {
  it.effect("fails the deploy when it has lost a step that was open", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([succeeds("first"), succeeds("second")], started(1))
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(succeeds("second"))).running)
      const { deploy } = yield* read(id)
      assert.strictEqual(deploy.failureCode, "plan_changed")
      assert.include(deploy.error, "first")
    }).pipe(Effect.provide(store))
  )

  it.effect("may have lost a finished step, which is kept with what it returned", () =>
    Effect.gen(function* () {
      const seen = yield* Ref.make<unknown>(null)
      const lost = succeeds("first", "made")
      const second = succeeds("second", null, {
        run: ({ outputOf }) =>
          Effect.as(
            Effect.flatMap(outputOf(lost), (output) => Ref.set(seen, output)),
            null
          )
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([lost, second], started(1), { ...stepCompleted, output: "made" })
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(second)).running)
      const { deploy, steps } = yield* read(id)
      assert.strictEqual(deploy.status, "completed")
      assert.deepStrictEqual(
        steps.map(({ name, output, status }) => [name, status, output]),
        [
          ["first", "completed", "made"],
          ["second", "completed", null]
        ]
      )
      assert.strictEqual(yield* Ref.get(seen), "made")
    }).pipe(Effect.provide(store))
  )

  it.effect("has its steps known by name, in the order of the start", () =>
    Effect.gen(function* () {
      const story = yield* Ref.make<ReadonlyArray<string>>([])
      const noted = (name: string) =>
        succeeds(name, null, {
          run: () =>
            Effect.as(
              Ref.update(story, (all) => [...all, name]),
              null
            )
        })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([noted("first"), noted("second"), noted("third")], started(1), stepCompleted)
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(noted("third"), noted("first"), noted("second"))).running)
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
      assert.deepStrictEqual(yield* Ref.get(story), ["second", "third"])
    }).pipe(Effect.provide(store))
  )

  it.effect("fails the deploy when it has gained a step, and what was made is undone", () =>
    Effect.gen(function* () {
      const undone = yield* Ref.make(0)
      const step = succeeds("first", "made", {
        compensation: () =>
          Effect.as(
            Ref.update(undone, (n) => n + 1),
            "discarded"
          )
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([step], started(1), stepCompleted)
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(step, succeeds("purge"))).running)
      const { deploy } = yield* read(id)
      assert.strictEqual(deploy.failureCode, "plan_changed")
      assert.include(deploy.error, "purge")
      assert.deepStrictEqual([deploy.metadata["outcome"], yield* Ref.get(undone)], ["discarded", 1])
    }).pipe(Effect.provide(store))
  )

  it.effect("leaves unresolved what only a lost step can undo", () =>
    Effect.gen(function* () {
      const lost = succeeds("first", "made", { compensation: () => Effect.succeed("discarded") })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([lost, succeeds("second")], started(1))
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(succeeds("second"))).running)
      const { deploy } = yield* read(id)
      assert.deepStrictEqual([deploy.failureCode, deploy.metadata["outcome"]], ["plan_changed", "unresolved"])
    }).pipe(Effect.provide(store))
  )
})
