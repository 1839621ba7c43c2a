import type { DeployId, NewDeploy, QueuePolicy } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Cases } from "./fixture.ts"
import {
  activate,
  cancel,
  claim,
  completed,
  everything,
  freshEntityId,
  insert,
  isFenced,
  lease,
  logged,
  move,
  read,
  settled,
  start,
  stepStarted,
  take
} from "./fixture.ts"
import { insertWith, rollback } from "./lane.ts"
import { DeployStore } from "@deploys/core"

const statusOf = (id: DeployId) => Effect.map(read(id), ({ deploy }) => deploy.status)

const endOf = (id: DeployId) =>
  Effect.map(read(id), ({ deploy }) => [deploy.status, deploy.failureCode, deploy.metadata["supersededBy"]])

const superseded = (by: DeployId) => ["failed", "superseded", by]

const latest: QueuePolicy = "latest"
const replace: QueuePolicy = "replace"

const latestCases: Cases = (it) => {
  it.effect("ends what is pending, by whoever asked for the newer deploy", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      const older = [yield* insert({ entityId }), yield* insert({ entityId, trigger: "auto" })]
      const newer = yield* insertWith({ entityId, createdBy: "grace" }, { queuePolicy: latest })
      for (const { id } of older) {
        const [{ deploy }, events] = yield* everything(id)
        assert.deepStrictEqual(yield* endOf(id), superseded(newer.id))
        assert.deepStrictEqual(deploy.metadata, { supersededBy: newer.id })
        assert.deepInclude(events.at(-1)?.data, { by: "grace", failureCode: "superseded", settled: true })
      }
      assert.strictEqual(yield* statusOf(run.deployId), "running")
      yield* move(run, completed)
      yield* take(newer.id)
    })
  )

  it.effect("keeps the host's metadata beside the successor's name", () =>
    Effect.gen(function* () {
      const older = yield* insert({ metadata: { ticket: 7 } })
      const newer = yield* insertWith({ entityId: older.entityId }, { queuePolicy: latest })
      assert.deepStrictEqual((yield* read(older.id)).deploy.metadata, { ticket: 7, supersededBy: newer.id })
    })
  )

  it.effect("lets an automatic deploy end automatic ones alone", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const manual = yield* insert({ entityId })
      const auto = yield* insert({ entityId, trigger: "auto" })
      const back = yield* rollback(entityId)
      const newer = yield* insertWith({ entityId, trigger: "auto" }, { queuePolicy: latest })
      assert.deepStrictEqual(yield* endOf(auto.id), superseded(newer.id))
      for (const id of [manual.id, back.id, newer.id]) assert.strictEqual(yield* statusOf(id), "pending")
    })
  )

  it.effect("leaves another entity's deploys, and those of a repeated insert, alone", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const other = yield* insert()
      const newer = yield* insertWith({}, { queuePolicy: latest })
      const last = yield* insert({ entityId: newer.entityId })
      const { id, buildId, createdBy, entityId, metadata, sourceEventId, trigger, workspaceId } = newer
      const again: NewDeploy = { id, buildId, createdBy, entityId, metadata, sourceEventId, trigger, workspaceId }
      assert.deepStrictEqual(yield* store.insert(again, { queuePolicy: latest }), newer)
      for (const { id: each } of [other, newer, last]) assert.strictEqual(yield* statusOf(each), "pending")
    })
  )

  it.effect("leaves of many inserted at once the one with the greatest number", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const deploys = yield* Effect.all(
        Array.from({ length: 20 }, () => insertWith({ entityId }, { queuePolicy: latest })),
        { concurrency: "unbounded" }
      )
      const inOrder = deploys.toSorted((a, b) => a.sequenceNumber - b.sequenceNumber)
      assert.deepStrictEqual(
        inOrder.map(({ sequenceNumber }) => sequenceNumber),
        Array.from({ length: 20 }, (_, index) => index + 1)
      )
      for (const [index, { id }] of inOrder.entries()) {
        const next = inOrder[index + 1]
        if (next === undefined) assert.strictEqual(yield* statusOf(id), "pending")
        else assert.deepStrictEqual(yield* endOf(id), superseded(next.id))
      }
    })
  )
}

const replaceCases: Cases = (it) => {
  it.effect("ends a running deploy with nothing to undo at once, and frees the lane", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      const queued = yield* insert({ entityId })
      const newer = yield* insertWith({ entityId }, { queuePolicy: replace })
      assert.deepStrictEqual(yield* endOf(run.deployId), superseded(newer.id))
      assert.deepStrictEqual(yield* endOf(queued.id), superseded(newer.id))
      const { deploy, steps } = yield* read(run.deployId)
      assert.strictEqual(deploy.metadata["outcome"], "prevented")
      for (const step of steps) assert.strictEqual(step.status, "cancelled")
      assert.isTrue(yield* isFenced(run, completed))
      yield* take(newer.id)
    })
  )

  it.effect("lets a running deploy settle first where there is something to undo", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      yield* move(run, stepStarted(activate))
      const newer = yield* insertWith({ entityId }, { queuePolicy: replace })
      assert.deepStrictEqual(yield* endOf(run.deployId), superseded(newer.id))
      assert.strictEqual((yield* read(run.deployId)).deploy.metadata["outcome"], "settling")
      assert.isTrue(yield* isFenced(run, logged("late")))
      assert.deepStrictEqual(yield* store.renew([lease(run)], 1000), [])
      assert.isTrue(Option.isNone(yield* claim(newer.id)))
      const settling = yield* take(run.deployId, { owner: run.owner })
      assert.strictEqual(settling.epoch, run.epoch + 2)
      yield* move(settling, settled)
      assert.deepStrictEqual((yield* read(run.deployId)).deploy.metadata, {
        outcome: "discarded",
        supersededBy: newer.id
      })
      yield* take(newer.id)
    })
  )

  it.effect("leaves a deploy that settles as it is", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      yield* move(run, stepStarted(activate))
      yield* cancel(run.deployId)
      const before = yield* everything(run.deployId)
      yield* insertWith({ entityId }, { queuePolicy: replace })
      assert.deepStrictEqual(yield* everything(run.deployId), before)
    })
  )

  it.effect("lets an automatic deploy replace automatic ones alone", () =>
    Effect.gen(function* () {
      for (const trigger of ["manual", "rollback", "auto"] as const) {
        const entityId = yield* freshEntityId
        const run = yield* start({ entityId, trigger })
        const newer = yield* insertWith({ entityId, trigger: "auto" }, { queuePolicy: replace })
        const end = trigger === "auto" ? superseded(newer.id) : ["running", null, undefined]
        assert.deepStrictEqual(yield* endOf(run.deployId), end)
      }
    })
  )

  it.effect("replaces nothing by an automatic deploy that is held", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId, trigger: "auto" })
      yield* rollback(entityId)
      const held = yield* insert({ entityId, trigger: "auto" })
      const newer = yield* insertWith({ entityId, trigger: "auto" }, { queuePolicy: replace })
      assert.strictEqual(yield* statusOf(run.deployId), "running")
      assert.deepStrictEqual(yield* endOf(held.id), superseded(newer.id))
    })
  )

  it.effect("decides a race of a completion and its replacement one way only", () =>
    Effect.gen(function* () {
      for (let round = 0; round < 8; round++) {
        const entityId = yield* freshEntityId
        const run = yield* start({ entityId })
        const [fenced, newer] = yield* Effect.all(
          [isFenced(run, completed), insertWith({ entityId }, { queuePolicy: replace })],
          { concurrency: "unbounded" }
        )
        const end = fenced ? superseded(newer.id) : ["completed", null, undefined]
        assert.deepStrictEqual(yield* endOf(run.deployId), end)
        yield* take(newer.id)
      }
    })
  )
}

/** `insert` with a queue policy. */
export const policyCases: Cases = (it, pass) => {
  latestCases(it, pass)
  replaceCases(it, pass)
}
