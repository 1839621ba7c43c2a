import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { StoreError } from "../../src/domain/DeployError.ts"
import { DeployStore } from "../../src/ports/DeployStore.ts"
import { hangs, succeeds } from "../../src/testing/ScriptedTarget.ts"
import { insert, ports, read, store } from "../fixtures/engine.ts"
import { events, id, killedNode, node, started } from "../fixtures/nodes.ts"

describe("settling", () => {
  it.effect("undoes what a killed node left to undo", () =>
    Effect.gen(function* () {
      const undone = yield* Ref.make(0)
      const step = succeeds("first", "made", {
        compensation: () =>
          Effect.as(
            Ref.update(undone, (n) => n + 1),
            "reverted"
          )
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      yield* killedNode([step], started(1))
      yield* DeployStore.use((deploys) => deploys.cancel({ deployId: id, by: "eve", reason: null }))
      assert.strictEqual((yield* read(id)).deploy.metadata["outcome"], "settling")
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join((yield* node(step)).running)
      assert.strictEqual((yield* read(id)).deploy.metadata["outcome"], "reverted")
      assert.strictEqual(yield* Ref.get(undone), 1)
    }).pipe(Effect.provide(store))
  )

  it.effect("waits for what it had left at work when the store failed it", () =>
    Effect.gen(function* () {
      const story = yield* Ref.make<ReadonlyArray<string>>([])
      const note = (what: string) => Ref.update(story, (all) => [...all, what])
      const step = succeeds("first", null, {
        cancellation: "discard",
        run: () => Effect.sleep("10 seconds").pipe(Effect.andThen(note("landed")), Effect.as(null)),
        compensation: () => Effect.as(note("undone"), "reverted")
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      const deploys = yield* DeployStore
      const isDown = yield* Ref.make(false)
      const down = new StoreError({ operation: "find", cause: "down" })
      const shaky = DeployStore.of({
        ...deploys,
        find: (id) => Effect.flatMap(Ref.get(isDown), (fails) => (fails ? Effect.fail(down) : deploys.find(id)))
      })
      const one = yield* Effect.provideService(node(step), DeployStore, shaky)
      yield* TestClock.adjust("1 second")
      yield* Ref.set(isDown, true)
      yield* deploys.cancel({ deployId: id, by: "eve", reason: null })
      assert.strictEqual(yield* Effect.flip(Fiber.join(one.running)), down)
      yield* Ref.set(isDown, false)
      const again = yield* Effect.forkChild(one.run)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(again)
      assert.deepStrictEqual(yield* Ref.get(story), ["landed", "undone"])
    }).pipe(Effect.provide(store))
  )

  it.effect("is unresolved while an attempt that can't be stopped goes on past its limit", () =>
    Effect.gen(function* () {
      const undone = yield* Ref.make(0)
      const step = hangs("first", {
        cancellation: "discard",
        compensation: () =>
          Effect.as(
            Ref.update(undone, (times) => times + 1),
            "reverted"
          )
      })
      yield* insert(id).pipe(Effect.provide(ports()))
      const one = yield* node(step)
      yield* DeployStore.use((deploys) => deploys.cancel({ deployId: id, by: "eve", reason: null }))
      yield* TestClock.adjust("16 minutes")
      yield* Fiber.join(one.running)
      assert.strictEqual((yield* read(id)).deploy.metadata["outcome"], "unresolved")
      assert.strictEqual(yield* Ref.get(undone), 1)
      const compensated = (yield* events).find((event) => event.type === "step.compensated")
      assert.include(compensated?.data.error, "still at work")
    }).pipe(Effect.provide(store))
  )
})
