import { type DeployId, DeployStore } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Cases } from "./fixture.ts"
import {
  cancel,
  claim,
  completed,
  expire,
  failed,
  freshEntityId,
  freshWorkspaceId,
  history,
  insert,
  isFenced,
  lease,
  logged,
  move,
  newDeploy,
  read,
  start,
  stepCompleted,
  stepStarted,
  take,
  upload
} from "./fixture.ts"

/** The type of the event that the status of the row should have written last. */
const told = Effect.fnUntraced(function* (id: DeployId) {
  const { deploy } = yield* read(id)
  const ofDeploy = (yield* history(id)).filter(({ type }) => type.startsWith("deploy.") && type !== "deploy.settled")
  const created = deploy.status === "pending" ? "created" : deploy.status
  return [ofDeploy.at(-1)?.type, `deploy.${created}`]
})

/** Each case leaves every other defence with nothing to object to, so that it fails when its own is gone. */
export const defencesCases: Cases = (it, pass) => {
  it.effect("refuses the epoch of an earlier claim", () =>
    Effect.gen(function* () {
      const first = yield* start()
      yield* expire(first, pass)
      yield* take(first.deployId)
      // The deploy still runs, and nobody has written since: only the epoch is another.
      assert.isTrue(yield* isFenced(first, stepStarted(upload)))
    })
  )

  it.effect("refuses the epoch that a cancel has raised", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload))
      yield* cancel(run.deployId)
      // It settles, where log lines are let in, and the writer knows the last event: only the epoch is another.
      const events = yield* history(run.deployId)
      assert.isTrue(yield* isFenced({ ...run, after: events.length }, logged("late")))
    })
  )

  it.effect("refuses to move a deploy that is over", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, completed)
      // Nobody has claimed or written since: only the status is another.
      assert.isTrue(yield* isFenced(run, stepStarted(upload)))
      assert.isTrue(yield* isFenced(run, failed(true)))
    })
  )

  it.effect("refuses a writer that does not know the last event", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const twin = { ...run }
      yield* move(run, stepStarted(upload))
      assert.isTrue(yield* isFenced(twin, stepCompleted(upload)))
    })
  )

  it.effect("lets one deploy of an entity run", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      yield* start({ entityId })
      const second = yield* insert({ entityId })
      assert.isTrue(Option.isNone(yield* claim(second.id)))
    })
  )

  it.effect("keeps a lane for a deploy that settles", () =>
    Effect.gen(function* () {
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      const second = yield* insert({ entityId })
      yield* move(run, failed(false))
      assert.isTrue(Option.isNone(yield* claim(second.id)))
    })
  )

  it.effect("lets nobody take a lease that holds", () =>
    Effect.gen(function* () {
      const run = yield* start()
      assert.isTrue(Option.isNone(yield* claim(run.deployId)))
    })
  )

  it.effect("renews no lease of an earlier epoch", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const first = yield* start()
      yield* expire(first, pass)
      yield* take(first.deployId)
      assert.deepStrictEqual(yield* store.renew([lease(first)], 1000), [])
    })
  )

  it.effect("writes the event of a change with the change", () =>
    Effect.gen(function* () {
      const run = yield* start()
      for (const write of [Effect.void, move(run, completed)]) {
        yield* write
        const [event, status] = yield* told(run.deployId)
        assert.strictEqual(event, status)
      }
      const other = yield* start()
      yield* cancel(other.deployId)
      const [event, status] = yield* told(other.deployId)
      assert.strictEqual(event, status)
    })
  )

  it.effect("lets no more deploys of a workspace run than it has places", () =>
    Effect.gen(function* () {
      const workspaceId = yield* freshWorkspaceId
      const run = yield* start({ workspaceId }, { maxRunningPerWorkspace: 1 })
      const [second, third] = [yield* insert({ workspaceId }), yield* insert({ workspaceId })]
      // Each of an entity of its own, whose lane is free: only the place is taken.
      assert.isTrue(Option.isNone(yield* claim(second.id, { maxRunningPerWorkspace: 1 })))
      yield* take(second.id, { maxRunningPerWorkspace: 2 })
      yield* move(run, completed)
      assert.isTrue(Option.isNone(yield* claim(third.id, { maxRunningPerWorkspace: 1 })))
      yield* take(third.id, { maxRunningPerWorkspace: 2 })
    })
  )

  it.effect("refuses the epoch that a newer deploy has raised", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const entityId = yield* freshEntityId
      const run = yield* start({ entityId })
      yield* move(run, stepStarted(upload))
      yield* store.insert(yield* newDeploy({ entityId }), { queuePolicy: "replace" })
      // It settles, where log lines are let in, and the writer knows the last event: only the epoch is another.
      const events = yield* history(run.deployId)
      assert.isTrue(yield* isFenced({ ...run, after: events.length }, logged("late")))
    })
  )

  it.effect("keeps an automatic deploy from beginning while there is a hold", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const entityId = yield* freshEntityId
      const back = yield* store.insert(yield* newDeploy({ entityId, trigger: "rollback" }), {
        hold: { by: "ada", reason: null }
      })
      const auto = yield* insert({ entityId, trigger: "auto" })
      yield* move(yield* take(back.id), completed)
      // It is the oldest that is pending, and the lane is free: only the hold is in its way.
      assert.isTrue(Option.isNone(yield* claim(auto.id)))
      yield* store.releaseHold(entityId)
      yield* take(auto.id)
    })
  )
}
