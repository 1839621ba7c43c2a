import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Cases } from "./fixture.ts"
import {
  cancel,
  claim,
  expire,
  freshOwner,
  history,
  insert,
  isFenced,
  move,
  read,
  stepCompleted,
  stepStarted,
  take,
  upload
} from "./fixture.ts"

/** `claim` with `startFirstStep`. */
export const firstStepCases: Cases = (it, pass) => {
  it.effect("starts the first step with the claim where it is asked to", () =>
    Effect.gen(function* () {
      const owner = yield* freshOwner
      const [moved, deploy] = [yield* insert(), yield* insert()]
      const run = yield* take(moved.id, { owner })
      yield* move(run, stepStarted(upload))
      const won = Option.getOrThrow(yield* claim(deploy.id, { owner, startFirstStep: true }))
      const startedAt = won.deploy.startedAt ?? assert.fail("it has started")
      assert.deepStrictEqual([won.startedFirstStep, won.lastEvent], [true, 3])
      const [first, second] = won.steps
      const alike = (yield* read(moved.id)).steps[0] ?? assert.fail("it has steps")
      assert.deepStrictEqual(first, { ...alike, id: first?.id ?? alike.id, deployId: deploy.id, startedAt })
      assert.strictEqual(second?.status, "pending")
      assert.deepStrictEqual(yield* read(deploy.id), { deploy: won.deploy, steps: won.steps })
      const events = (yield* history(deploy.id)).slice(1)
      assert.deepStrictEqual(
        events.map(({ at, data, type }) => ({ at, data, type })),
        [
          { at: startedAt, data: { by: owner, epoch: 1 }, type: "deploy.running" },
          { at: startedAt, data: { ...upload, attempt: 1 }, type: "step.running" }
        ]
      )
      yield* move({ deployId: deploy.id, owner, epoch: won.epoch, after: won.lastEvent }, stepCompleted(upload))
    })
  )

  it.effect("starts no step without being asked, or where the plan has none", () =>
    Effect.gen(function* () {
      const [unasked, empty] = [yield* insert(), yield* insert()]
      const waits = Option.getOrThrow(yield* claim(unasked.id))
      assert.deepStrictEqual([waits.startedFirstStep, waits.lastEvent, waits.steps[0]?.status], [false, 2, "pending"])
      const none = Option.getOrThrow(yield* claim(empty.id, { steps: [], startFirstStep: true }))
      assert.deepStrictEqual([none.startedFirstStep, none.lastEvent, none.steps], [false, 2, []])
    })
  )

  it.effect("leaves a first step as it is when a run is taken over", () =>
    Effect.gen(function* () {
      const waiting = yield* take((yield* insert()).id)
      const started = yield* take((yield* insert()).id, { startFirstStep: true })
      for (const run of [waiting, started]) {
        const { steps } = yield* read(run.deployId)
        yield* expire(run, pass)
        const won = Option.getOrThrow(yield* claim(run.deployId, { startFirstStep: true }))
        assert.deepStrictEqual([won.startedFirstStep, won.lastEvent, won.steps], [false, run.after, steps])
        assert.deepStrictEqual((yield* read(run.deployId)).steps, steps)
      }
      assert.strictEqual((yield* read(started.deployId)).steps[0]?.starts, 1)
    })
  )

  it.effect("has a cancelled deploy settle whose first step came with the claim", () =>
    Effect.gen(function* () {
      const run = yield* take((yield* insert()).id, { startFirstStep: true })
      yield* cancel(run.deployId)
      assert.strictEqual((yield* read(run.deployId)).deploy.metadata["outcome"], "settling")
      assert.isTrue(yield* isFenced(run, stepCompleted(upload)))
    })
  )
}
