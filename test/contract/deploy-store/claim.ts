import type { DeployId } from "@deploys/core"
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
  freshEntityId,
  freshOwner,
  history,
  insert,
  isFenced,
  lease,
  logged,
  move,
  read,
  start,
  step,
  stepCompleted,
  stepStarted,
  take,
  twoSteps,
  upload
} from "./fixture.ts"

const isClaimable = Effect.fnUntraced(function* (deployId: DeployId, owner: string) {
  const store = yield* DeployStore
  return (yield* store.claimable({ owner, limit: 100_000 })).includes(deployId)
})

const claimableCases: Cases = (it, pass) => {
  it.effect("offers the oldest pending deploy of an entity alone", () =>
    Effect.gen(function* () {
      const owner = yield* freshOwner
      const entityId = yield* freshEntityId
      const oldest = yield* insert({ entityId })
      const next = yield* insert({ entityId })
      assert.isTrue(yield* isClaimable(oldest.id, owner))
      assert.isFalse(yield* isClaimable(next.id, owner))
      yield* cancel(oldest.id)
      assert.isFalse(yield* isClaimable(oldest.id, owner))
      assert.isTrue(yield* isClaimable(next.id, owner))
    })
  )

  it.effect("offers nothing of an entity whose lane is taken", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      const next = yield* insert({ entityId })
      for (const owner of [yield* freshOwner, run.owner]) {
        assert.isFalse(yield* isClaimable(run.deployId, owner))
        assert.isFalse(yield* isClaimable(next.id, owner))
      }
      yield* move(run, completed)
      assert.isFalse(yield* isClaimable(run.deployId, run.owner))
      assert.isTrue(yield* isClaimable(next.id, run.owner))
    })
  )

  it.effect("offers a running deploy once its lease has run out", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const other = yield* freshOwner
      yield* expire(run, pass)
      assert.isTrue(yield* isClaimable(run.deployId, other))
      yield* take(run.deployId, { owner: other })
      assert.isFalse(yield* isClaimable(run.deployId, run.owner))
    })
  )

  it.effect("offers a settling deploy once its lease has run out", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const other = yield* freshOwner
      yield* move(run, failed(false))
      assert.isFalse(yield* isClaimable(run.deployId, other))
      yield* expire(run, pass)
      assert.isTrue(yield* isClaimable(run.deployId, other))
    })
  )

  it.effect("offers a cancelled deploy to the owner that still holds it", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload))
      yield* cancel(run.deployId)
      assert.isTrue(yield* isClaimable(run.deployId, run.owner))
      assert.isFalse(yield* isClaimable(run.deployId, yield* freshOwner))
      yield* take(run.deployId, { owner: run.owner })
      assert.isFalse(yield* isClaimable(run.deployId, run.owner))
    })
  )

  it.effect("offers no more than its limit", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const owner = yield* freshOwner
      for (let count = 0; count < 3; count++) yield* insert()
      assert.lengthOf(yield* store.claimable({ owner, limit: 2 }), 2)
    })
  )

  it.effect("offers what a claim then wins", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const owner = yield* freshOwner
      yield* insert()
      const [first] = yield* store.claimable({ owner, limit: 1 })
      if (first === undefined) return assert.fail("nothing is claimable")
      yield* take(first, { owner })
    })
  )
}

const pendingCases: Cases = (it) => {
  it.effect("claims a pending deploy and makes it running", () =>
    Effect.gen(function* () {
      const deploy = yield* insert()
      const owner = yield* freshOwner
      const won = Option.getOrThrow(yield* claim(deploy.id, { owner }))
      assert.deepStrictEqual([won.epoch, won.lastEvent], [1, 2])
      const { startedAt } = won.deploy
      if (startedAt === null) return assert.fail("it has not started")
      assert.deepStrictEqual(won.deploy, { ...deploy, status: "running", startedAt })
      assert.deepStrictEqual(yield* read(deploy.id), { deploy: won.deploy, steps: won.steps })
      assert.deepStrictEqual((yield* history(deploy.id))[1], {
        deployId: deploy.id,
        sequence: 2,
        at: startedAt,
        type: "deploy.running",
        data: { by: owner, epoch: 1 }
      })
    })
  )

  it.effect("inserts the steps of the plan as pending with the claim", () =>
    Effect.gen(function* () {
      const deploy = yield* insert()
      const { steps } = Option.getOrThrow(yield* claim(deploy.id))
      assert.deepStrictEqual(
        steps,
        twoSteps.map((declaration, index) => ({
          ...declaration,
          id: steps[index]?.id ?? assert.fail("a step is missing"),
          deployId: deploy.id,
          index,
          status: "pending" as const,
          attempt: 0,
          error: null,
          output: null,
          startedAt: null,
          completedAt: null,
          starts: 0,
          compensated: null
        }))
      )
      assert.match(steps[0]?.id ?? "", /^stp_/)
      assert.notStrictEqual(steps[0]?.id, steps[1]?.id)
    })
  )

  it.effect("does not claim a deploy while an older one is pending", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const older = yield* insert({ entityId })
      const newer = yield* insert({ entityId })
      const before = yield* everything(newer.id)
      assert.isTrue(Option.isNone(yield* claim(newer.id)))
      assert.deepStrictEqual(yield* everything(newer.id), before)
      yield* cancel(older.id)
      yield* take(newer.id)
    })
  )

  it.effect("does not claim a deploy while another has the lane", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      const next = yield* insert({ entityId })
      assert.isTrue(Option.isNone(yield* claim(next.id)))
      assert.isTrue(Option.isNone(yield* claim(next.id, { owner: run.owner })))
      yield* move(run, completed)
      yield* take(next.id)
    })
  )

  it.effect("does not claim what is over or unknown", () =>
    Effect.gen(function* () {
      const done = yield* start()
      yield* move(done, completed)
      const cancelled = yield* insert()
      yield* cancel(cancelled.id)
      for (const id of [done.deployId, cancelled.id, yield* freshDeployId]) {
        assert.isTrue(Option.isNone(yield* claim(id, { owner: done.owner })))
      }
    })
  )
}

const takeoverCases: Cases = (it, pass) => {
  it.effect("refuses another owner until the lease has run out", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const before = yield* everything(run.deployId)
      assert.isTrue(Option.isNone(yield* claim(run.deployId)))
      assert.deepStrictEqual(yield* everything(run.deployId), before)
      yield* expire(run, pass)
      yield* take(run.deployId)
    })
  )

  it.effect("lets an owner claim again what it holds", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const again = yield* take(run.deployId, { owner: run.owner })
      assert.strictEqual(again.epoch, run.epoch + 1)
      assert.isTrue(yield* isFenced(run, logged("late")))
      yield* move(again, logged("on time"))
    })
  )

  it.effect("keeps steps as they are and writes no event when a run is taken over", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload))
      yield* move(run, stepCompleted(upload))
      const before = yield* everything(run.deployId)
      yield* expire(run, pass)
      const won = Option.getOrThrow(yield* claim(run.deployId, { steps: [step("another plan")] }))
      assert.deepStrictEqual([won.epoch, won.lastEvent], [2, run.after])
      assert.deepStrictEqual({ deploy: won.deploy, steps: won.steps }, before[0])
      assert.deepStrictEqual(yield* everything(run.deployId), before)
    })
  )

  it.effect("lets a failed deploy that has not settled be claimed, under a new epoch", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, failed(false))
      assert.isTrue(Option.isNone(yield* claim(run.deployId)))
      const settling = yield* take(run.deployId, { owner: run.owner })
      assert.strictEqual(settling.epoch, run.epoch + 1)
      yield* expire(settling, pass)
      const other = yield* take(run.deployId)
      assert.strictEqual(other.epoch, run.epoch + 2)
      assert.isTrue(yield* isFenced(settling, logged("late")))
    })
  )

  it.effect("says by its own clock how long ago the deploy started", () =>
    Effect.gen(function* () {
      const { id } = yield* insert()
      const first = Option.getOrThrow(yield* claim(id, { leaseMillis: 1 }))
      yield* pass(200)
      const second = Option.getOrThrow(yield* claim(id))
      assert.isAtLeast(first.elapsedMillis, 0)
      assert.isAtLeast(second.elapsedMillis, 200)
      assert.isAtLeast(second.elapsedMillis, first.elapsedMillis + 199)
    })
  )

  it.effect("starts a new lease with each claim", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start({}, { leaseMillis: 1 })
      yield* pass(20)
      const other = yield* take(run.deployId)
      assert.isTrue(Option.isNone(yield* claim(run.deployId, { owner: run.owner })))
      assert.deepStrictEqual(yield* store.renew([lease(run), lease(other)], 60_000), [lease(other)])
    })
  )

  it.effect("lets exactly one of many claims at once win", () =>
    Effect.gen(function* () {
      for (let round = 0; round < 5; round++) {
        const entityId = yield* freshEntityId
        const deploys = yield* Effect.all([insert({ entityId }), insert({ entityId })])
        const claims = Array.from({ length: 12 }, (_, index) => claim(deploys[index % 2]?.id ?? assert.fail("none")))
        const won = (yield* Effect.all(claims, { concurrency: "unbounded" })).filter(Option.isSome)
        assert.lengthOf(won, 1)
      }
    })
  )

  it.effect("lets exactly one of many win a lease that ran out", () =>
    Effect.gen(function* () {
      const run = yield* start({}, { leaseMillis: 1 })
      yield* pass(20)
      const claims = Array.from({ length: 12 }, () => claim(run.deployId))
      const won = (yield* Effect.all(claims, { concurrency: "unbounded" })).filter(Option.isSome)
      assert.deepStrictEqual(
        won.map(({ value }) => value.epoch),
        [2]
      )
    })
  )
}

/** `claimable` and `claim`. */
export const claimCases: Cases = (it, pass) => {
  claimableCases(it, pass)
  pendingCases(it, pass)
  takeoverCases(it, pass)
}
