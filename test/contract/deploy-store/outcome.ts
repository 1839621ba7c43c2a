import { DeployMove, DeployStore } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Cases } from "./fixture.ts"
import {
  activate,
  cancel,
  claim,
  completed,
  failed,
  freshEntityId,
  history,
  insert,
  logged,
  move,
  read,
  request,
  settled,
  start,
  step,
  stepCompleted,
  stepStarted,
  take,
  upload
} from "./fixture.ts"

const stepCases: Cases = (it, pass) => {
  it.effect("keeps what moves say of a step", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const startedAt = yield* move(run, stepStarted(upload))
      yield* move(run, DeployMove.StepRetrying({ step: upload, attempt: 1, error: "reset", delayMillis: 250 }))
      assert.deepInclude((yield* read(run.deployId)).steps[0], { status: "running", error: "reset", startedAt })
      yield* pass(5)
      yield* move(run, stepStarted(upload, 2))
      const output = { files: 3, nested: [{ a: null }, "é", 0.1, false] }
      const completedAt = yield* move(
        run,
        DeployMove.StepCompleted({ step: upload, attempt: 2, output, previewUrl: "http://preview.test/" })
      )
      const { deploy, steps } = yield* read(run.deployId)
      assert.deepInclude(steps[0], {
        status: "completed",
        attempt: 2,
        starts: 2,
        error: null,
        output,
        startedAt,
        completedAt
      })
      assert.deepInclude(deploy, { previewUrl: "http://preview.test/", productionUrl: null, status: "running" })
      assert.deepInclude(steps[1], { status: "pending", attempt: 0, starts: 0, startedAt: null })
    })
  )

  it.effect("keeps how a step failed and what undoing it came to", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload), stepStarted(activate))
      yield* move(run, DeployMove.StepFailed({ step: activate, attempt: 1, error: "refused" }), failed(false))
      yield* move(run, DeployMove.StepDiscarded({ step: upload }))
      yield* move(run, DeployMove.StepCompensated({ step: activate, outcome: "reverted", error: null }))
      const { steps } = yield* read(run.deployId)
      assert.deepInclude(steps[0], { status: "discarded", compensated: null })
      assert.deepInclude(steps[1], { status: "failed", error: "refused", compensated: "reverted" })
      yield* move(run, DeployMove.Settled({ outcome: "reverted" }))
      assert.deepStrictEqual((yield* read(run.deployId)).deploy.metadata, { outcome: "reverted" })
    })
  )

  it.effect("lands all moves of a request at one time, in their order", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const at = yield* move(run, stepCompleted(upload), logged("between"), stepStarted(activate))
      const events = (yield* history(run.deployId)).slice(2)
      assert.deepStrictEqual(
        events.map(({ at, sequence, type }) => [sequence, type, at]),
        [
          [3, "step.completed", at],
          [4, "log", at],
          [5, "step.running", at]
        ]
      )
    })
  )
}

const liveCases: Cases = (it) => {
  it.effect("makes the completed deploy live and the earlier one not", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const first = yield* start({ entityId })
      const firstAt = yield* move(
        first,
        DeployMove.Completed({ previewUrl: "http://one.test/", productionUrl: "http://p.test/" })
      )
      const before = (yield* read(first.deployId)).deploy
      assert.deepInclude(before, {
        status: "completed",
        isLive: true,
        completedAt: firstAt,
        previewUrl: "http://one.test/",
        productionUrl: "http://p.test/",
        failureCode: null,
        error: null,
        metadata: {}
      })
      const second = yield* start({ entityId })
      assert.isTrue((yield* read(first.deployId)).deploy.isLive)
      yield* move(second, completed)
      assert.isTrue((yield* read(second.deployId)).deploy.isLive)
      assert.deepStrictEqual((yield* read(first.deployId)).deploy, { ...before, isLive: false })
      assert.lengthOf(yield* history(first.deployId), first.after)
    })
  )

  it.effect("leaves the live deploy live when a later one fails", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const first = yield* start({ entityId })
      yield* move(first, completed)
      const second = yield* start({ entityId })
      yield* move(second, failed(true))
      assert.isTrue((yield* read(first.deployId)).deploy.isLive)
      assert.isFalse((yield* read(second.deployId)).deploy.isLive)
    })
  )

  it.effect("never has two live deploys of an entity", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const ids = []
      for (let count = 0; count < 4; count++) {
        const run = yield* start({ entityId })
        yield* move(run, completed)
        ids.push(run.deployId)
        const rows = yield* Effect.all(ids.map(read))
        assert.deepStrictEqual(
          rows.map(({ deploy }) => deploy.isLive),
          ids.map((id) => id === run.deployId)
        )
      }
    })
  )
}

const laneCases: Cases = (it) => {
  const ends = [
    { name: "completed", moves: [completed], frees: true },
    { name: "failed and settled", moves: [failed(true)], frees: true },
    { name: "failed and not settled", moves: [failed(false)], frees: false },
    { name: "settled after it failed", moves: [failed(false), settled], frees: true }
  ]
  for (const { frees, moves, name } of ends) {
    it.effect(`${frees ? "frees" : "keeps"} the lane of a deploy that is ${name}`, () =>
      Effect.gen(function* () {
        const entityId = yield* freshEntityId
        const run = yield* start({ entityId })
        const next = yield* insert({ entityId })
        for (const one of moves) yield* move(run, one)
        assert.strictEqual(Option.isSome(yield* claim(next.id)), frees)
      })
    )
  }

  it.effect("cancels the steps still pending when a deploy ends", () =>
    Effect.gen(function* () {
      for (const end of [completed, failed(true), failed(false)]) {
        const run = yield* start({}, { steps: [step("upload"), step("activate"), step("verify")] })
        yield* move(run, stepStarted(upload))
        const completedAt = yield* move(run, stepCompleted(upload), end)
        const { deploy, steps } = yield* read(run.deployId)
        assert.deepStrictEqual(
          steps.map(({ status, startedAt, completedAt: at }) => [status, startedAt === null, at]),
          [
            ["completed", false, completedAt],
            ["cancelled", true, completedAt],
            ["cancelled", true, completedAt]
          ]
        )
        assert.strictEqual(deploy.completedAt, completedAt)
        assert.lengthOf(yield* history(run.deployId), run.after)
      }
    })
  )

  it.effect("says why a deploy failed and what became of its work", () =>
    Effect.gen(function* () {
      for (const [isSettled, outcome] of [
        [true, "prevented"],
        [false, "settling"]
      ] as const) {
        const run = yield* start({ metadata: { ticket: "T-1" } })
        yield* move(run, failed(isSettled))
        assert.deepInclude((yield* read(run.deployId)).deploy, {
          status: "failed",
          failureCode: "step_failed",
          error: "boom",
          metadata: { ticket: "T-1", outcome }
        })
      }
    })
  )

  it.effect("settles without changing when and how it failed", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, failed(false))
      const before = (yield* read(run.deployId)).deploy
      const settling = yield* take(run.deployId, { owner: run.owner })
      yield* move(settling, settled)
      assert.deepStrictEqual((yield* read(run.deployId)).deploy, { ...before, metadata: { outcome: "discarded" } })
    })
  )

  it.effect("decides a race of cancel and completed one way only", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      for (let round = 0; round < 10; round++) {
        const run = yield* start()
        const racers = [
          Effect.exit(cancel(run.deployId)),
          Effect.exit(store.move([request(run, [completed])]))
        ] as const
        const order = round % 2 === 0 ? racers : ([racers[1], racers[0]] as const)
        yield* Effect.all(order, { concurrency: "unbounded" })
        const { deploy } = yield* read(run.deployId)
        const [, , last, ...more] = yield* history(run.deployId)
        assert.deepStrictEqual(more, [])
        assert.strictEqual(last?.type, deploy.status === "completed" ? "deploy.completed" : "deploy.failed")
        assert.strictEqual(deploy.failureCode, deploy.status === "completed" ? null : "cancelled")
        assert.strictEqual(deploy.isLive, deploy.status === "completed")
      }
    })
  )
}

/** `move`: what it changes of steps, deploy and lane. */
export const outcomeCases: Cases = (it, pass) => {
  stepCases(it, pass)
  liveCases(it, pass)
  laneCases(it, pass)
}
