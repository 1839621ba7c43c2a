import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref, Schema } from "effect"
import { TestClock } from "effect/testing"
import { BuildId, DeployId, EntityId, WorkspaceId } from "../../src/domain/Id.ts"
import { IdGenerator } from "../../src/domain/IdGenerator.ts"
import { makeStep } from "../../src/plan/Step.ts"
import { DeployStore } from "../../src/ports/DeployStore.ts"
import * as FiberDispatcher from "../../src/run/FiberDispatcher.ts"
import { type RunnerSettings, runnerOptions } from "../../src/run/RunnerOptions.ts"
import * as ScriptedTarget from "../../src/testing/ScriptedTarget.ts"
import { runnerOn, store } from "../fixtures/engine.ts"

/** Pending deploys of a workspace, each of an entity of its own. */
const insertMany = Effect.fnUntraced(function* (workspace: string, count: number) {
  const deploys = yield* DeployStore
  const ids = yield* IdGenerator
  for (let nth = 1; nth <= count; nth++)
    yield* deploys.insert({
      id: DeployId.make(yield* ids.next("dep")),
      workspaceId: WorkspaceId.make(workspace),
      entityId: EntityId.make(`app_${workspace}_${nth}`),
      buildId: BuildId.make("bld_1"),
      trigger: "manual",
      sourceEventId: null,
      metadata: {},
      createdBy: "ada"
    })
})

/** A node whose every deploy takes ten seconds, and the workspaces of which one began, in order. */
const node = Effect.fnUntraced(function* (settings: Partial<RunnerSettings>) {
  const begun = yield* Ref.make<ReadonlyArray<string>>([])
  const step = makeStep({
    name: "one",
    output: Schema.Null,
    run: ({ deploy }) =>
      Ref.update(begun, (all) => [...all, deploy.workspaceId]).pipe(
        Effect.andThen(Effect.sleep("10 seconds")),
        Effect.as(null)
      )
  })
  const layer = FiberDispatcher.layer.pipe(
    Layer.provide(runnerOn(ScriptedTarget.layer(step))),
    // It has to be woken: it looks by itself only when all of this is over.
    Layer.provide(runnerOptions({ pollEvery: "1 hour", ...settings }))
  )
  yield* Layer.build(Layer.fresh(layer))
  yield* TestClock.adjust(0)
  return Ref.get(begun)
})

describe("workspaces on one node", () => {
  it.effect("take turns, so that a busy one does not keep the others waiting", () =>
    Effect.gen(function* () {
      yield* insertMany("busy", 6)
      const begun = yield* node({ maxRunning: 2 })
      assert.deepStrictEqual(yield* begun, ["busy", "busy"])
      yield* insertMany("late", 1)
      yield* TestClock.adjust("10 seconds")
      assert.sameMembers((yield* begun).slice(2), ["late", "busy"])
    }).pipe(Effect.scoped, Effect.provide(store))
  )

  it.effect("have no more deploys at work than they may, and a place that is freed is taken at once", () =>
    Effect.gen(function* () {
      yield* insertMany("busy", 5)
      const begun = yield* node({ maxRunningPerWorkspace: 2 })
      assert.deepStrictEqual(yield* begun, ["busy", "busy"])
      yield* insertMany("other", 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* begun).slice(2), ["other"])
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual((yield* begun).slice(3), ["busy", "busy"])
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual((yield* begun).slice(5), ["busy"])
    }).pipe(Effect.scoped, Effect.provide(store))
  )

  it.effect("have any number at work where no limit is set", () =>
    Effect.gen(function* () {
      yield* insertMany("busy", 10)
      const begun = yield* node({})
      assert.lengthOf(yield* begun, 10)
    }).pipe(Effect.scoped, Effect.provide(store))
  )
})
