import { DeployStore } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Cases } from "./fixture.ts"
import {
  cancel,
  claim,
  completed,
  everything,
  expire,
  failed,
  freshDeployId,
  lease,
  long,
  move,
  start,
  stepStarted,
  take,
  upload
} from "./fixture.ts"

const renewCases: Cases = (it, pass) => {
  it.effect("starts a lease anew and changes nothing else", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start({}, { leaseMillis: 200 })
      const before = yield* everything(run.deployId)
      assert.deepStrictEqual(yield* store.renew([lease(run)], long), [lease(run)])
      assert.deepStrictEqual(yield* everything(run.deployId), before)
      yield* pass(250)
      assert.isTrue(Option.isNone(yield* claim(run.deployId)))
    })
  )

  it.effect("renews a lease that ran out and was not taken over", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      yield* expire(run, pass)
      assert.deepStrictEqual(yield* store.renew([lease(run)], long), [lease(run)])
      assert.isTrue(Option.isNone(yield* claim(run.deployId)))
    })
  )

  it.effect("answers with the leases that hold among many", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const [kept, lost, over, cancelled, settling] = yield* Effect.all([start(), start(), start(), start(), start()])
      yield* expire(lost, pass)
      const winner = yield* take(lost.deployId)
      yield* move(over, completed)
      yield* move(cancelled, stepStarted(upload))
      yield* cancel(cancelled.deployId)
      yield* move(settling, failed(false))
      const unknown = { deployId: yield* freshDeployId, epoch: 1 }
      const asked = [unknown, ...[lost, kept, over, cancelled, settling].map(lease)]
      const held = yield* store.renew(asked, long)
      const ids = held.map(({ deployId }) => deployId).toSorted()
      assert.deepStrictEqual(ids, [kept.deployId, settling.deployId].toSorted())
      assert.isTrue(Option.isNone(yield* claim(lost.deployId)))
      assert.deepStrictEqual(yield* store.renew([lease(winner)], long), [lease(winner)])
    })
  )

  it.effect("keeps the owner's hold on a cancelled deploy until it settles", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload))
      yield* cancel(run.deployId)
      assert.isTrue(Option.isNone(yield* claim(run.deployId)))
      yield* take(run.deployId, { owner: run.owner })
    })
  )
}

const releaseCases: Cases = (it, pass) => {
  it.effect("gives a lease back, so that any runner may claim at once", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      const before = yield* everything(run.deployId)
      yield* store.release([lease(run)])
      assert.deepStrictEqual(yield* everything(run.deployId), before)
      const other = yield* take(run.deployId)
      assert.strictEqual(other.epoch, run.epoch + 1)
    })
  )

  it.effect("does not renew a lease that was given back", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      yield* store.release([lease(run)])
      assert.deepStrictEqual(yield* store.renew([lease(run)], long), [])
      yield* take(run.deployId)
    })
  )

  it.effect("leaves leases alone that no longer hold", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      yield* expire(run, pass)
      const other = yield* take(run.deployId)
      yield* store.release([lease(run), { deployId: yield* freshDeployId, epoch: 1 }])
      yield* store.release([lease(run)])
      assert.isTrue(Option.isNone(yield* claim(run.deployId)))
      yield* move(other, stepStarted(upload))
    })
  )
}

/** `renew` and `release`. */
export const leaseCases: Cases = (it, pass) => {
  renewCases(it, pass)
  releaseCases(it, pass)
}
