import type { DeployId, NewDeploy } from "@deploys/core"
import { DeployStore, type EntityId, type InsertOptions } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Cases } from "./fixture.ts"
import {
  cancel,
  claim,
  completed,
  everything,
  failed,
  freshDeployId,
  freshEntityId,
  freshOwner,
  insert,
  move,
  newDeploy,
  read,
  start,
  stepStarted,
  take,
  upload
} from "./fixture.ts"

/** A pending deploy that comes with these options. */
export const insertWith = Effect.fnUntraced(function* (given: Partial<NewDeploy>, options: InsertOptions) {
  const store = yield* DeployStore
  return yield* store.insert(yield* newDeploy(given), options)
})

const hold = { by: "grace", reason: "the shop is broken" }

/** A rollback, which puts a hold on its entity. */
export const rollback = (entityId: EntityId) => insertWith({ entityId, trigger: "rollback" }, { hold })

const lane = (entityId: EntityId) =>
  Effect.map(
    DeployStore.use((store) => store.lane(entityId)),
    Option.getOrThrow
  )

const waiting = (id: DeployId) =>
  Effect.map(
    DeployStore.use((store) => store.waiting(id)),
    Option.getOrNull
  )

const releaseHold = (entityId: EntityId) => DeployStore.use((store) => store.releaseHold(entityId))

const isClaimable = Effect.fnUntraced(function* (id: DeployId) {
  const store = yield* DeployStore
  const owner = yield* freshOwner
  return (yield* store.claimable({ owner, limit: 100_000 })).includes(id)
})

const finish = (id: DeployId) => Effect.flatMap(take(id), (run) => move(run, completed))

const holdCases: Cases = (it) => {
  it.effect("puts a hold on the entity with who, why and since when", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const deploy = yield* rollback(entityId)
      const { hold: put } = yield* lane(entityId)
      if (put === null) return assert.fail("there is no hold")
      assert.deepStrictEqual(put, { ...hold, since: put.since })
      assert.isTrue(Math.abs(Date.parse(put.since) - Date.parse(deploy.createdAt)) < 5000)
      const again = { by: "eve", reason: null }
      yield* insertWith({ entityId, trigger: "rollback" }, { hold: again })
      assert.deepInclude((yield* lane(entityId)).hold, again)
    })
  )

  it.effect("puts no hold for an insert that was made before", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const asked = yield* newDeploy({ trigger: "rollback" })
      yield* store.insert(asked, { hold })
      yield* releaseHold(asked.entityId)
      yield* store.insert(asked, { hold })
      assert.isNull((yield* lane(asked.entityId)).hold)
    })
  )

  it.effect("keeps automatic deploys from being claimed, and lets others pass", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const auto = yield* insert({ entityId, trigger: "auto" })
      const back = yield* rollback(entityId)
      const manual = yield* insert({ entityId })
      assert.isFalse(yield* isClaimable(auto.id))
      assert.isTrue(Option.isNone(yield* claim(auto.id)))
      assert.isTrue(Option.isNone(yield* claim(manual.id)))
      assert.isTrue(yield* isClaimable(back.id))
      const run = yield* take(back.id)
      yield* move(run, failed(true))
      assert.isFalse(yield* isClaimable(auto.id))
      assert.isTrue(yield* isClaimable(manual.id))
      yield* take(manual.id)
    })
  )

  it.effect("leaves a lane with nothing but held deploys unready", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const back = yield* rollback(entityId)
      yield* finish(back.id)
      const autos = yield* Effect.all([1, 2, 3].map(() => insert({ entityId, trigger: "auto" })))
      for (const { id } of autos) {
        assert.isFalse(yield* isClaimable(id))
        assert.isTrue(Option.isNone(yield* claim(id)))
      }
      const [first, second] = autos
      if (first === undefined || second === undefined) return assert.fail("there are three")
      yield* cancel(first.id)
      assert.isFalse(yield* isClaimable(second.id))
      yield* releaseHold(entityId)
      assert.isTrue(yield* isClaimable(second.id))
      yield* take(second.id)
    })
  )

  it.effect("releases a hold once, and only the automatic deploys notice", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const entityId = yield* freshEntityId
      yield* releaseHold(entityId)
      assert.isTrue(Option.isNone(yield* store.lane(entityId)))
      const run = yield* start({ entityId })
      yield* rollback(entityId)
      const before = yield* everything(run.deployId)
      yield* releaseHold(entityId)
      yield* releaseHold(entityId)
      assert.isNull((yield* lane(entityId)).hold)
      assert.deepStrictEqual(yield* everything(run.deployId), before)
    })
  )

  it.effect("releases the hold when a newer manual deploy completes", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      yield* finish((yield* rollback(entityId)).id)
      assert.isNotNull((yield* lane(entityId)).hold)
      const lost = yield* start({ entityId })
      yield* move(lost, failed(true))
      assert.isNotNull((yield* lane(entityId)).hold)
      yield* finish((yield* insert({ entityId })).id)
      assert.isNull((yield* lane(entityId)).hold)
    })
  )

  it.effect("keeps the hold when a manual deploy completes that is older than it", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const older = yield* start({ entityId })
      const back = yield* rollback(entityId)
      yield* move(older, completed)
      assert.isNotNull((yield* lane(entityId)).hold)
      const auto = yield* insert({ entityId, trigger: "auto" })
      yield* finish(back.id)
      assert.isFalse(yield* isClaimable(auto.id))
    })
  )
}

const laneCases: Cases = (it) => {
  it.effect("knows of an entity what its deploys have left", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const entityId = yield* freshEntityId
      assert.isTrue(Option.isNone(yield* store.lane(entityId)))
      const first = yield* insert({ entityId })
      const known = { entityId, hold: null, queuePolicy: "queue" as const }
      assert.deepStrictEqual(yield* lane(entityId), { ...known, lastSequence: 1, liveDeployId: null })
      yield* finish(first.id)
      yield* insertWith({ entityId }, { queuePolicy: "latest" })
      assert.deepStrictEqual(yield* lane(entityId), {
        ...known,
        queuePolicy: "latest",
        lastSequence: 2,
        liveDeployId: first.id
      })
      yield* insert({ entityId })
      assert.strictEqual((yield* lane(entityId)).queuePolicy, "queue")
    })
  )
}

const waitingCases: Cases = (it, pass) => {
  it.effect("says that a deploy waits for the one at work, and its place in the queue", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      const [first, second] = yield* Effect.all([insert({ entityId }), insert({ entityId })])
      assert.deepStrictEqual(yield* waiting(first.id), { for: "deploy", position: 1, since: first.createdAt })
      assert.deepStrictEqual(yield* waiting(second.id), { for: "deploy", position: 2, since: second.createdAt })
      assert.isNull(yield* waiting(run.deployId))
    })
  )

  it.effect("says that the next deploy of a free lane waits for capacity since then", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      const next = yield* insert({ entityId })
      yield* pass(20)
      const at = yield* move(run, completed)
      const told = yield* waiting(next.id)
      if (told === null) return assert.fail("it is pending")
      assert.deepStrictEqual(told, { for: "capacity", position: 1, since: told.since })
      assert.isTrue(told.since >= at && told.since > next.createdAt)
      const last = yield* insert({ entityId })
      assert.deepInclude(yield* waiting(last.id), { for: "deploy", position: 2 })
    })
  )

  it.effect("says that an automatic deploy waits for the hold, and that others pass it", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const early = yield* insert({ entityId, trigger: "auto" })
      const back = yield* rollback(entityId)
      const since = (yield* lane(entityId)).hold?.since
      const late = yield* insert({ entityId, trigger: "auto" })
      assert.deepStrictEqual(yield* waiting(early.id), { for: "hold", position: 1, since })
      assert.deepInclude(yield* waiting(back.id), { for: "capacity", position: 1 })
      assert.deepStrictEqual(yield* waiting(late.id), { for: "hold", position: 3, since: late.createdAt })
      const manual = yield* insert({ entityId })
      assert.deepInclude(yield* waiting(manual.id), { for: "deploy", position: 2 })
      yield* releaseHold(entityId)
      assert.deepInclude(yield* waiting(early.id), { for: "capacity", position: 1 })
      assert.deepInclude(yield* waiting(back.id), { for: "deploy", position: 2 })
    })
  )

  it.effect("knows nothing that a deploy waits for once it is over, or is not there", () =>
    Effect.gen(function* () {
      const over = yield* insert()
      yield* cancel(over.id)
      assert.isNull(yield* waiting(over.id))
      assert.isNull(yield* waiting(yield* freshDeployId))
    })
  )
}

const completionCases: Cases = (it) => {
  it.effect("supersedes what is pending with a lower number when a deploy completes", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const older = yield* Effect.all([1, 2].map(() => insert({ entityId, trigger: "auto" })))
      const back = yield* rollback(entityId)
      const newer = yield* insert({ entityId, trigger: "auto" })
      const run = yield* take(back.id)
      yield* move(run, stepStarted(upload), completed)
      for (const { id } of older) {
        const [{ deploy, steps }, events] = yield* everything(id)
        assert.deepInclude(deploy, {
          status: "failed",
          failureCode: "superseded",
          error: `Superseded by ${back.id}`,
          startedAt: null
        })
        assert.deepStrictEqual(deploy.metadata, { supersededBy: back.id })
        assert.deepStrictEqual(steps, [])
        assert.deepStrictEqual(events.slice(1), [
          {
            deployId: id,
            sequence: 2,
            type: "deploy.failed",
            at: deploy.completedAt ?? assert.fail("it is over"),
            data: { by: run.owner, failureCode: "superseded", error: `Superseded by ${back.id}`, settled: true }
          }
        ])
        assert.isTrue(Option.isNone(yield* claim(id)))
      }
      assert.strictEqual((yield* read(newer.id)).deploy.status, "pending")
      yield* releaseHold(entityId)
      yield* take(newer.id)
    })
  )

  it.effect("supersedes nothing when a deploy fails", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const auto = yield* insert({ entityId, trigger: "auto" })
      const run = yield* take((yield* rollback(entityId)).id)
      yield* move(run, failed(true))
      assert.strictEqual((yield* read(auto.id)).deploy.status, "pending")
    })
  )

  it.effect("answers a repeated completion, and supersedes no more by it", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const entityId = yield* freshEntityId
      const auto = yield* insert({ entityId, trigger: "auto" })
      const run = yield* take((yield* rollback(entityId)).id)
      const sent = [{ deployId: run.deployId, epoch: run.epoch, after: run.after, by: run.owner, moves: [completed] }]
      const first = yield* store.move(sent)
      const before = yield* everything(auto.id)
      assert.deepStrictEqual(yield* store.move(sent), first)
      assert.deepStrictEqual(yield* everything(auto.id), before)
    })
  )
}

/** Holds, lanes, and what deploys wait for. */
export const entityCases: Cases = (it, pass) => {
  laneCases(it, pass)
  holdCases(it, pass)
  waitingCases(it, pass)
  completionCases(it, pass)
}
