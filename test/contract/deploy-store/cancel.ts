import { DeployMove, DeployStore } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Cases } from "./fixture.ts"
import {
  activate,
  cancel,
  claim,
  completed,
  everything,
  failed,
  freshDeployId,
  freshEntityId,
  history,
  insert,
  isFenced,
  logged,
  move,
  read,
  start,
  stepCompleted,
  stepStarted,
  take,
  upload
} from "./fixture.ts"

const endCases: Cases = (it) => {
  it.effect("makes a pending deploy failed, cancelled and over", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const deploy = yield* insert({ entityId, metadata: { ticket: "T-1" } })
      const next = yield* insert({ entityId })
      const cancellation = yield* cancel(deploy.id, "wrong branch")
      assert.deepInclude(cancellation, { by: "eve", reason: "wrong branch" })
      const { deploy: after, steps } = yield* read(deploy.id)
      if (after.error === null) return assert.fail("it does not say why it failed")
      assert.deepStrictEqual(after, {
        ...deploy,
        status: "failed",
        failureCode: "cancelled",
        error: after.error,
        completedAt: cancellation.at,
        metadata: { ticket: "T-1", cancellation: { ...cancellation } }
      })
      assert.deepStrictEqual(steps, [])
      yield* take(next.id)
    })
  )

  it.effect("writes deploy.failed with who cancelled", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const { at } = yield* cancel(run.deployId)
      const { deploy } = yield* read(run.deployId)
      assert.deepStrictEqual((yield* history(run.deployId)).slice(run.after), [
        {
          deployId: run.deployId,
          sequence: run.after + 1,
          at,
          type: "deploy.failed",
          data: { by: "eve", failureCode: "cancelled", error: deploy.error ?? "", settled: true }
        }
      ])
    })
  )

  it.effect("cancels the steps still pending and fences the runner", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const { at } = yield* cancel(run.deployId)
      const { steps } = yield* read(run.deployId)
      for (const step of steps) assert.deepInclude(step, { status: "cancelled", startedAt: null, completedAt: at })
      for (const after of [run.after, run.after + 1]) {
        assert.isTrue(yield* isFenced({ ...run, after }, logged("late")))
      }
    })
  )

  it.effect("raises the epoch by one", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload))
      yield* cancel(run.deployId)
      assert.strictEqual((yield* take(run.deployId, { owner: run.owner })).epoch, run.epoch + 2)
    })
  )
}

const settleCases: Cases = (it) => {
  const ways = [
    { name: "no step has started", moves: [], settles: false },
    { name: "a step is running", moves: [stepStarted(upload)], settles: true },
    {
      name: "a step has completed that is not undoable",
      moves: [stepStarted(upload), stepCompleted(upload)],
      settles: false
    },
    { name: "an undoable step has completed", moves: [stepStarted(activate), stepCompleted(activate)], settles: true },
    {
      name: "an undoable step has failed",
      moves: [stepStarted(activate), DeployMove.StepFailed({ step: activate, attempt: 1, error: "boom" })],
      settles: true
    }
  ]
  for (const { moves, name, settles } of ways) {
    it.effect(`${settles ? "has to settle" : "is settled at once"} when ${name}`, () =>
      Effect.gen(function* () {
        const entityId = yield* freshEntityId
        const run = yield* start({ entityId })
        const next = yield* insert({ entityId })
        for (const one of moves) yield* move(run, one)
        const cancellation = yield* cancel(run.deployId)
        const { deploy } = yield* read(run.deployId)
        assert.deepStrictEqual(deploy.metadata, {
          cancellation: { ...cancellation },
          outcome: settles ? "settling" : "prevented"
        })
        assert.strictEqual(Option.isNone(yield* claim(next.id)), settles)
        assert.strictEqual(Option.isSome(yield* claim(run.deployId, { owner: run.owner })), settles)
      })
    )
  }

  it.effect("leaves a running step running until it has settled", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      const next = yield* insert({ entityId })
      yield* move(run, stepStarted(upload))
      yield* cancel(run.deployId)
      assert.deepStrictEqual(
        (yield* read(run.deployId)).steps.map(({ status }) => status),
        ["running", "cancelled"]
      )
      const settling = yield* take(run.deployId, { owner: run.owner })
      yield* move(settling, DeployMove.StepCancelled({ step: upload }))
      yield* move(settling, DeployMove.Settled({ outcome: "discarded" }))
      const { deploy, steps } = yield* read(run.deployId)
      assert.strictEqual(steps[0]?.status, "cancelled")
      assert.strictEqual(deploy.metadata["outcome"], "discarded")
      assert.property(deploy.metadata, "cancellation")
      yield* take(next.id)
    })
  )
}

const overCases: Cases = (it, pass) => {
  it.effect("answers a repeated cancel with the first cancellation", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      for (const { deployId } of [{ deployId: (yield* insert()).id }, yield* start()]) {
        const first = yield* cancel(deployId, "first")
        const before = yield* everything(deployId)
        yield* pass(20)
        assert.deepStrictEqual(yield* store.cancel({ deployId, by: "mallory", reason: "second" }), first)
        assert.deepStrictEqual(yield* everything(deployId), before)
      }
    })
  )

  it.effect("answers the first cancellation also while and after settling", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload))
      const first = yield* cancel(run.deployId, "first")
      const settling = yield* take(run.deployId, { owner: run.owner })
      assert.deepStrictEqual(yield* cancel(run.deployId, "second"), first)
      yield* move(settling, DeployMove.Settled({ outcome: "discarded" }))
      assert.deepStrictEqual(yield* cancel(run.deployId, "third"), first)
    })
  )

  it.effect("answers all of many cancels at once with one cancellation", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const answers = yield* Effect.all(
        Array.from({ length: 10 }, (_, index) => cancel(run.deployId, `reason ${index}`)),
        { concurrency: "unbounded" }
      )
      for (const answer of answers) assert.deepStrictEqual(answer, answers[0])
      assert.lengthOf(yield* history(run.deployId), run.after + 1)
    })
  )

  it.effect("refuses to cancel what is over otherwise, and says how", () =>
    Effect.gen(function* () {
      for (const [end, failureCode] of [
        [completed, null],
        [failed(true), "step_failed"],
        [failed(false), "step_failed"]
      ] as const) {
        const run = yield* start()
        yield* move(run, end)
        const before = yield* everything(run.deployId)
        const error = yield* Effect.flip(cancel(run.deployId))
        if (error._tag !== "DeployFinished") return assert.fail(error._tag)
        assert.deepStrictEqual(
          [error.deployId, error.status, error.failureCode],
          [run.deployId, end._tag === "Completed" ? "completed" : "failed", failureCode]
        )
        assert.deepStrictEqual(yield* everything(run.deployId), before)
      }
    })
  )

  it.effect("does not find a deploy that nobody inserted", () =>
    Effect.gen(function* () {
      const id = yield* freshDeployId
      const error = yield* Effect.flip(cancel(id))
      if (error._tag !== "NotFound") return assert.fail(error._tag)
      assert.deepStrictEqual([error.resource, error.id], ["deploy", id])
    })
  )
}

/** `cancel`. */
export const cancelCases: Cases = (it, pass) => {
  endCases(it, pass)
  settleCases(it, pass)
  overCases(it, pass)
}
