import { DeployStore, IdempotencyKeyReused, IdGenerator, type KeyedRequest, SourceEventId } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Cases } from "./fixture.ts"
import { everything, freshDeployId, freshEntityId, insert, newDeploy, read, take } from "./fixture.ts"
import { insertWith } from "./lane.ts"

const freshKey = Effect.flatMap(IdGenerator, (ids) => ids.next("key"))

const keyed = (given: Partial<KeyedRequest> = {}) =>
  Effect.map(freshKey, (key): KeyedRequest => ({ principal: "ada", key, request: "{}", ...given }))

const freshEvent = Effect.map(
  Effect.flatMap(IdGenerator, (ids) => ids.next("evt")),
  (id) => SourceEventId.make(id)
)

const eventCases: Cases = (it) => {
  it.effect("answers a second automatic deploy of an event with the first", () =>
    Effect.gen(function* () {
      const [entityId, sourceEventId] = [yield* freshEntityId, yield* freshEvent]
      const first = yield* insert({ entityId, trigger: "auto", sourceEventId })
      yield* take(first.id)
      const before = yield* everything(first.id)
      const again = yield* insert({ entityId, trigger: "auto", sourceEventId, createdBy: "mallory" })
      assert.deepStrictEqual(again, before[0].deploy)
      assert.deepStrictEqual(yield* everything(first.id), before)
      assert.strictEqual((yield* insert({ entityId })).sequenceNumber, 2)
    })
  )

  it.effect("adds an automatic deploy of an event for each entity", () =>
    Effect.gen(function* () {
      const sourceEventId = yield* freshEvent
      const [one, other] = [
        yield* insert({ trigger: "auto", sourceEventId }),
        yield* insert({ trigger: "auto", sourceEventId })
      ]
      assert.notStrictEqual(one.id, other.id)
      const next = yield* insert({ entityId: one.entityId, trigger: "auto", sourceEventId: yield* freshEvent })
      assert.strictEqual(next.sequenceNumber, 2)
    })
  )

  it.effect("adds one of many automatic deploys of an event at once", () =>
    Effect.gen(function* () {
      const [entityId, sourceEventId] = [yield* freshEntityId, yield* freshEvent]
      const deploys = yield* Effect.all(
        Array.from({ length: 20 }, () =>
          insertWith({ entityId, trigger: "auto", sourceEventId }, { queuePolicy: "replace" })
        ),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(new Set(deploys.map(({ id }) => id)), 1)
      assert.strictEqual((yield* insert({ entityId })).sequenceNumber, 2)
    })
  )
}

const keyCases: Cases = (it) => {
  it.effect("answers a repeated request with the deploy of its key, as it is by then", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const once = yield* keyed()
      assert.isTrue(Option.isNone(yield* store.remembered(once)))
      const first = yield* insertWith({}, { once })
      yield* take(first.id)
      const before = yield* everything(first.id)
      const again = yield* insertWith({ entityId: first.entityId }, { once, queuePolicy: "replace" })
      assert.deepStrictEqual(again, before[0].deploy)
      assert.deepStrictEqual(yield* store.remembered(once), Option.some(again))
      assert.deepStrictEqual(yield* everything(first.id), before)
      assert.strictEqual((yield* insert({ entityId: first.entityId })).sequenceNumber, 2)
    })
  )

  it.effect("refuses another request under a key, and writes nothing", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const once = yield* keyed()
      const first = yield* insertWith({}, { once })
      const other = { ...once, request: '{"other":true}' }
      const asked = yield* newDeploy({ entityId: first.entityId })
      const errors = [
        yield* Effect.flip(store.insert(asked, { once: other })),
        yield* Effect.flip(store.remembered(other))
      ]
      for (const error of errors) assert.deepStrictEqual(error, new IdempotencyKeyReused({ key: once.key }))
      assert.isTrue(Option.isNone(yield* store.find(asked.id)))
      assert.strictEqual((yield* insert({ entityId: first.entityId })).sequenceNumber, 2)
    })
  )

  it.effect("keeps the keys of principals apart", () =>
    Effect.gen(function* () {
      const once = yield* keyed()
      const mine = yield* insertWith({}, { once })
      const theirs = yield* insertWith({}, { once: { ...once, principal: "bo", request: "[]" } })
      assert.notStrictEqual(mine.id, theirs.id)
    })
  )

  it.effect("adds one of many requests under a key at once", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const once = yield* keyed()
      const deploys = yield* Effect.all(
        Array.from({ length: 20 }, () => insertWith({ entityId }, { once })),
        { concurrency: "unbounded" }
      )
      for (const deploy of deploys) assert.deepStrictEqual(deploy, deploys[0])
      assert.strictEqual((yield* insert({ entityId })).sequenceNumber, 2)
    })
  )

  it.effect("lets the same insert be sent again with its key", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const [asked, once] = [yield* newDeploy(), yield* keyed()]
      const first = yield* store.insert(asked, { once })
      assert.deepStrictEqual(yield* store.insert(asked, { once }), first)
      assert.deepStrictEqual((yield* read(asked.id)).deploy, first)
    })
  )

  it.effect("remembers under a key the deploy that stood in the way", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const [entityId, sourceEventId, once] = [yield* freshEntityId, yield* freshEvent, yield* keyed()]
      const first = yield* insert({ entityId, trigger: "auto", sourceEventId })
      const id = yield* freshDeployId
      assert.deepStrictEqual(yield* insertWith({ id, entityId, trigger: "auto", sourceEventId }, { once }), first)
      assert.deepStrictEqual(yield* store.remembered(once), Option.some(first))
    })
  )
}

/** `insert` of what was asked for before, and `remembered`. */
export const onceCases: Cases = (it, pass) => {
  eventCases(it, pass)
  keyCases(it, pass)
}
