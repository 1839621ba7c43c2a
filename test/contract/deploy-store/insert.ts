import { DeployStore } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Cases } from "./fixture.ts"
import { everything, freshDeployId, freshEntityId, history, insert, newDeploy, read, take } from "./fixture.ts"
import { step } from "./fixture.ts"

/** `insert` and `find`. */
export const insertCases: Cases = (it) => {
  it.effect("adds a pending deploy as it was asked for", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const asked = yield* newDeploy({ metadata: { ticket: "T-1", nested: { list: [1, null, "é\u{1f600}"] } } })
      const deploy = yield* store.insert(asked)
      assert.deepStrictEqual(deploy, {
        ...asked,
        sequenceNumber: 1,
        status: "pending",
        productionUrl: null,
        previewUrl: null,
        error: null,
        startedAt: null,
        completedAt: null,
        createdAt: deploy.createdAt,
        failureCode: null,
        isLive: false
      })
    })
  )

  it.effect("gives fifty deploys inserted at once the numbers 1 to 50", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const deploys = yield* Effect.all(
        Array.from({ length: 50 }, () => insert({ entityId })),
        { concurrency: "unbounded" }
      )
      const numbers = deploys.map((deploy) => deploy.sequenceNumber).toSorted((a, b) => a - b)
      assert.deepStrictEqual(
        numbers,
        Array.from({ length: 50 }, (_, index) => index + 1)
      )
    })
  )

  it.effect("counts each entity's deploys by themselves", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      yield* insert({ entityId })
      assert.strictEqual((yield* insert()).sequenceNumber, 1)
      assert.strictEqual((yield* insert({ entityId })).sequenceNumber, 2)
    })
  )

  it.effect("answers a repeated insert with the row that is there", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const asked = yield* newDeploy()
      const first = yield* store.insert(asked)
      const before = yield* everything(asked.id)
      assert.deepStrictEqual(yield* store.insert({ ...asked, createdBy: "mallory", metadata: { other: true } }), first)
      assert.deepStrictEqual(yield* everything(asked.id), before)
      assert.strictEqual((yield* insert({ entityId: asked.entityId })).sequenceNumber, 2)
    })
  )

  it.effect("inserts once what is inserted many times at once", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const asked = yield* newDeploy()
      const answers = yield* Effect.all(
        Array.from({ length: 10 }, () => store.insert(asked)),
        { concurrency: "unbounded" }
      )
      for (const answer of answers) assert.deepStrictEqual(answer, answers[0])
      assert.lengthOf(yield* history(asked.id), 1)
      assert.strictEqual((yield* insert({ entityId: asked.entityId })).sequenceNumber, 2)
    })
  )

  it.effect("answers a repeated insert as the deploy is by then", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const asked = yield* newDeploy()
      yield* store.insert(asked)
      yield* take(asked.id)
      assert.deepStrictEqual(yield* store.insert(asked), (yield* read(asked.id)).deploy)
    })
  )

  it.effect("writes deploy.created with its actor and number", () =>
    Effect.gen(function* () {
      const deploy = yield* insert({ trigger: "rollback", createdBy: "grace" })
      assert.deepStrictEqual(yield* history(deploy.id), [
        {
          deployId: deploy.id,
          sequence: 1,
          at: deploy.createdAt,
          type: "deploy.created",
          data: { by: "grace", trigger: "rollback", buildId: deploy.buildId, sequenceNumber: 1 }
        }
      ])
    })
  )

  it.effect("finds a deploy with its steps in order of index", () =>
    Effect.gen(function* () {
      const deploy = yield* insert()
      assert.deepStrictEqual(yield* read(deploy.id), { deploy, steps: [] })
      const names = Array.from({ length: 12 }, (_, index) => `step ${index}`)
      yield* take(deploy.id, { steps: names.map((name) => step(name)) })
      const { steps } = yield* read(deploy.id)
      assert.deepStrictEqual(
        steps.map(({ index, name }) => [index, name]),
        names.map((name, index) => [index, name])
      )
    })
  )

  it.effect("finds nothing under an id that nobody inserted", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      assert.isTrue(Option.isNone(yield* store.find(yield* freshDeployId)))
    })
  )
}
