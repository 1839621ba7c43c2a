import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { DeployEngine } from "../../src/DeployEngine.ts"
import { StoreError } from "../../src/domain/DeployError.ts"
import { DeployId } from "../../src/domain/Id.ts"
import { DeployStore } from "../../src/ports/DeployStore.ts"
import * as FiberDispatcher from "../../src/run/FiberDispatcher.ts"
import { LeaseKeeper } from "../../src/run/LeaseKeeper.ts"
import * as ScriptedTarget from "../../src/testing/ScriptedTarget.ts"
import { succeeds } from "../../src/testing/ScriptedTarget.ts"
import { create, insert, ports, read, runnerOn, store } from "../fixtures/engine.ts"

const id = DeployId.make("dep_01j00000000000000000000000")
const other = DeployId.make("dep_01j00000000000000000000001")

const down = new StoreError({ operation: "test", cause: "the connection was lost" })

/** The call lands, and the first answer to it is lost. */
const unanswered = <A extends ReadonlyArray<unknown>, B, E>(call: (...request: A) => Effect.Effect<B, E>) => {
  let isLost = false
  return (...request: A): Effect.Effect<B, E | StoreError> =>
    Effect.flatMap(call(...request), (answer) => {
      if (isLost) return Effect.succeed(answer)
      isLost = true
      return Effect.fail(down)
    })
}

/** The same store with some of its calls replaced. */
const storeWith = (change: (deploys: DeployStore["Service"]) => Partial<DeployStore["Service"]>) =>
  Layer.effect(
    DeployStore,
    DeployStore.useSync((deploys) => DeployStore.of({ ...deploys, ...change(deploys) }))
  )

describe("a node whose store loses an answer", () => {
  it.effect("goes on with a claim that had landed, long before its lease has run out", () =>
    Effect.gen(function* () {
      yield* insert(id).pipe(Effect.provide(ports()))
      const node = FiberDispatcher.layer.pipe(
        Layer.provide(runnerOn(ScriptedTarget.layer(succeeds("publish")))),
        Layer.provide(storeWith((deploys) => ({ claim: unanswered(deploys.claim) })))
      )
      yield* Layer.build(Layer.fresh(node))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* read(id)).deploy.status, "completed")
    }).pipe(Effect.scoped, Effect.provide(store))
  )

  it.effect("creates one deploy, and answers with it", () =>
    Effect.gen(function* () {
      const created = yield* Effect.forkChild(create(), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      const { replayed, sequenceNumber } = yield* Fiber.join(created)
      assert.deepStrictEqual({ replayed, sequenceNumber }, { replayed: false, sequenceNumber: 1 })
    }).pipe(
      Effect.provide(
        DeployEngine.layerWithRunner.pipe(
          Layer.provide(ports(succeeds("publish"))),
          Layer.provide(storeWith((deploys) => ({ insert: unanswered(deploys.insert) }))),
          Layer.provide(store)
        )
      )
    )
  )

  it.effect("keeps the leases of all deploys but the one that is locked", () =>
    Effect.gen(function* () {
      const [locked, kept] = [
        { deployId: id, epoch: 1 },
        { deployId: other, epoch: 1 }
      ]
      const keeper = LeaseKeeper.layer.pipe(
        Layer.provide(
          storeWith(() => ({
            renew: (leases) =>
              leases.some(({ deployId }) => deployId === id) ? Effect.fail(down) : Effect.succeed(leases)
          }))
        ),
        Layer.provide(store)
      )
      const context = yield* Layer.build(keeper)
      const keep = (lease: typeof locked) =>
        Effect.provide(
          LeaseKeeper.use((leases) => leases.keep(lease, 0n)),
          context
        )
      const [lost, held] = [yield* keep(locked), yield* keep(kept)]
      const [losing, holding] = [yield* Effect.forkChild(lost.lost), yield* Effect.forkChild(held.lost)]
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([losing.pollUnsafe() === undefined, holding.pollUnsafe() === undefined], [false, true])
    }).pipe(Effect.scoped)
  )
})
