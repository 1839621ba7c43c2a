import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Stream } from "effect"
import { TestClock } from "effect/testing"
import { DeployEngine } from "../src/DeployEngine.ts"
import { BuildNotDeployable, DeployNotCompleted, Forbidden, NotFound } from "../src/domain/DeployError.ts"
import { BuildId, type DeployId, EntityId, SourceEventId, WorkspaceId } from "../src/domain/Id.ts"
import type { Principal } from "../src/domain/Principal.ts"
import { Catalog } from "../src/ports/Catalog.ts"
import { queuePolicies } from "../src/QueuePolicies.ts"
import * as ScriptedTarget from "../src/testing/ScriptedTarget.ts"
import { fails, hangs, succeeds } from "../src/testing/ScriptedTarget.ts"
import { ada, create, engine, everyBuild, read, store, story } from "./fixtures/engine.ts"

const app = EntityId.make("app_1")

const completed = Effect.tap(create(), ({ id }) => story(id))

const rollback = (id: DeployId, options?: { readonly reason?: string; readonly idempotencyKey?: string }) =>
  DeployEngine.use((deploys) => deploys.rollback(ada, id, options))

const push = (event: string) =>
  DeployEngine.use((deploys) =>
    deploys.deployForEvent(ada, { buildId: BuildId.make("bld_1"), sourceEventId: SourceEventId.make(event) })
  )

const lane = DeployEngine.use((deploys) => deploys.lane(ada, app))

const get = (id: DeployId) => DeployEngine.use((deploys) => deploys.get(ada, id))

const someone = (...rights: Principal["everywhere"]): Principal => ({
  subject: "bo",
  everywhere: [],
  workspaces: { [WorkspaceId.make("ws_1")]: rights }
})

describe("a rollback", () => {
  it.effect("is a new deploy of the build, and goes live", () =>
    Effect.gen(function* () {
      const first = yield* completed
      const second = yield* completed
      const back = yield* rollback(first.id)
      assert.deepInclude(back, {
        trigger: "rollback",
        buildId: first.buildId,
        sequenceNumber: 3,
        status: "pending",
        replayed: false
      })
      yield* story(back.id)
      assert.isTrue((yield* read(back.id)).deploy.isLive)
      assert.isFalse((yield* read(second.id)).deploy.isLive)
      assert.strictEqual((yield* lane).liveDeployId, back.id)
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )

  it.effect("holds automatic deploys back until somebody releases the hold", () =>
    Effect.gen(function* () {
      const back = yield* rollback((yield* completed).id, { reason: "wrong prices" })
      yield* story(back.id)
      const auto = yield* push("push-1")
      yield* TestClock.adjust("1 hour")
      const { hold } = yield* lane
      assert.deepInclude(hold, { by: "ada", reason: "wrong prices" })
      assert.deepInclude((yield* get(auto.id)).waiting, { for: "hold", position: 1 })
      yield* DeployEngine.use((deploys) => deploys.releaseHold(ada, app))
      yield* story(auto.id)
      const done = yield* get(auto.id)
      assert.deepStrictEqual([done.status, done.waiting], ["completed", null])
      assert.isNull((yield* lane).hold)
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )

  it.effect("has it logged who released its hold", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.map(Logger.formatStructured, ({ annotations, message }) =>
        logged.push({ message, ...annotations })
      )
      yield* rollback((yield* completed).id)
      yield* Effect.provide(
        DeployEngine.use((deploys) => deploys.releaseHold(ada, app)),
        Logger.layer([logger])
      )
      assert.deepStrictEqual(logged, [{ message: "Hold released", "entity.id": app, "hold.releasedBy": "ada" }])
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )

  it.effect("is passed by a manual deploy, which ends the hold and what was held", () =>
    Effect.gen(function* () {
      yield* story((yield* rollback((yield* completed).id)).id)
      const auto = yield* push("push-1")
      const manual = yield* completed
      assert.isNull((yield* lane).hold)
      const { deploy } = yield* read(auto.id)
      assert.deepStrictEqual([deploy.failureCode, deploy.metadata["supersededBy"]], ["superseded", manual.id])
      yield* story((yield* push("push-2")).id)
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )

  it.effect("to a deploy that did not complete is refused", () =>
    Effect.gen(function* () {
      const deploy = yield* completed
      const error = yield* Effect.flip(rollback(deploy.id))
      assert.deepStrictEqual<unknown>(
        error,
        new DeployNotCompleted({ deployId: deploy.id, status: "failed", failureCode: "step_failed" })
      )
      assert.isNull((yield* lane).hold)
    }).pipe(Effect.provide(engine(fails("publish"))))
  )

  it.effect("to a build that is gone or has no artifact any more is refused as a create is", () => {
    let artifact: "there" | "lost" | "gone" = "there"
    const fading = Layer.effect(
      Catalog,
      Effect.map(Catalog, (catalog) =>
        Catalog.of({
          ...catalog,
          build: (id) => {
            if (artifact === "gone") return Effect.succeedNone
            return artifact === "there"
              ? catalog.build(id)
              : Effect.map(catalog.build(id), (found) => {
                  if (found._tag === "Some") Object.assign(found.value.build, { artifact: null })
                  return found
                })
          }
        })
      )
    ).pipe(Layer.provide(everyBuild))
    return Effect.gen(function* () {
      const { buildId, id } = yield* completed
      artifact = "lost"
      const lost = yield* Effect.flip(rollback(id))
      assert.deepStrictEqual<unknown>(lost, new BuildNotDeployable({ buildId, status: "completed", error: null }))
      artifact = "gone"
      assert.deepStrictEqual<unknown>(
        yield* Effect.flip(rollback(id)),
        new NotFound({ resource: "build", id: buildId })
      )
      assert.isNull((yield* lane).hold)
    }).pipe(
      Effect.provide(
        Layer.provideMerge(
          DeployEngine.layerWithRunner,
          Layer.mergeAll(store, fading, ScriptedTarget.layer(succeeds("publish")))
        )
      )
    )
  })

  it.effect("needs the right to deploy, and is not found by who may not read", () =>
    Effect.gen(function* () {
      const deploys = yield* DeployEngine
      const { id } = yield* completed
      const forbidden = new Forbidden({ right: "deploy", workspaceId: WorkspaceId.make("ws_1") })
      const reader = someone("read", "cancel", "admin")
      assert.deepStrictEqual<unknown>(yield* Effect.flip(deploys.rollback(reader, id)), forbidden)
      assert.deepStrictEqual<unknown>(yield* Effect.flip(deploys.releaseHold(reader, app)), forbidden)
      const stranger = someone("deploy")
      assert.strictEqual((yield* Effect.flip(deploys.rollback(stranger, id)))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(deploys.releaseHold(stranger, app)))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(deploys.lane(stranger, app)))._tag, "NotFound")
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )
})

describe("an automatic deploy", () => {
  it.effect("is made once for each entity and source event", () =>
    Effect.gen(function* () {
      const first = yield* push("push-1")
      const sourceEventId = SourceEventId.make("push-1")
      assert.deepInclude(first, { trigger: "auto", sourceEventId, replayed: false })
      const again = yield* push("push-1")
      assert.deepInclude(again, { id: first.id, replayed: true })
      assert.strictEqual((yield* push("push-2")).sequenceNumber, 2)
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )

  it.effect("needs a source event of its workspace that is there", () =>
    Effect.gen(function* () {
      for (const event of ["missing-1", "elsewhere-1"])
        assert.deepStrictEqual<unknown>(
          yield* Effect.flip(push(event)),
          new NotFound({ resource: "sourceEvent", id: event })
        )
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )
})

describe("a queue policy", () => {
  const apart = queuePolicies(({ id }) => (id === app ? "replace" : "latest"))

  it.effect("lets a newer deploy replace the one at work, which is stopped", () =>
    Effect.gen(function* () {
      const first = yield* create()
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* read(first.id)).deploy.status, "running")
      const second = yield* create()
      assert.deepStrictEqual((yield* story(first.id)).slice(2), [
        "step.running upload",
        "deploy.failed",
        "step.cancelled upload",
        "deploy.settled"
      ])
      assert.strictEqual((yield* read(first.id)).deploy.metadata["supersededBy"], second.id)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* read(second.id)).deploy.status, "running")
      assert.strictEqual((yield* lane).queuePolicy, "replace")
    }).pipe(Effect.provide(engine(hangs("upload")).pipe(Layer.provide(apart))))
  )

  it.effect("is chosen by entity", () =>
    Effect.gen(function* () {
      const running = yield* create("2")
      yield* TestClock.adjust("1 minute")
      const [queued, last] = [yield* create("2"), yield* create("2")]
      const statuses = yield* Effect.forEach([running, queued, last], ({ id }) =>
        Effect.map(read(id), ({ deploy }) => deploy.failureCode ?? deploy.status)
      )
      assert.deepStrictEqual<ReadonlyArray<string>>(statuses, ["running", "superseded", "pending"])
    }).pipe(Effect.provide(engine(hangs("upload")).pipe(Layer.provide(apart))))
  )
})

describe("a request under an idempotency key", () => {
  const keyed = (options: { readonly idempotencyKey?: string }, metadata = {}) =>
    DeployEngine.use((deploys) => deploys.create(ada, { buildId: BuildId.make("bld_1"), metadata }, options))

  it.effect("answers with the first row however often it is sent, and at once", () =>
    Effect.gen(function* () {
      const key = { idempotencyKey: "k-1" }
      const answers = yield* Effect.all(
        [
          { a: 1, b: { c: 2, d: 3 } },
          { b: { d: 3, c: 2 }, a: 1 }
        ].map((metadata) => keyed(key, metadata)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(answers[0]?.id, answers[1]?.id)
      assert.deepStrictEqual(answers.map(({ replayed }) => replayed).toSorted(), [false, true])
      const other = yield* Effect.flip(keyed(key, { a: 2 }))
      assert.strictEqual(other._tag, "IdempotencyKeyReused")
      assert.lengthOf((yield* DeployEngine.use((deploys) => deploys.list(ada, {}))).data, 1)
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )

  it.effect("is another request when it goes back", () =>
    Effect.gen(function* () {
      const { id } = yield* completed
      const key = { idempotencyKey: "k-1" }
      const back = yield* rollback(id, { ...key, reason: "why" })
      assert.deepInclude(yield* rollback(id, { ...key, reason: "why" }), { id: back.id, replayed: true })
      assert.strictEqual((yield* Effect.flip(rollback(id, key)))._tag, "IdempotencyKeyReused")
      assert.strictEqual((yield* Effect.flip(keyed(key)))._tag, "IdempotencyKeyReused")
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )

  it.effect("remembers only what was made", () =>
    Effect.gen(function* () {
      const key = { idempotencyKey: "k-1" }
      const first = yield* create()
      const early = yield* Effect.flip(rollback(first.id, key))
      assert.strictEqual(early._tag, "DeployNotCompleted")
      yield* story(first.id)
      assert.isFalse((yield* rollback(first.id, key)).replayed)
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )

  it.effect("needs a key of visible characters", () =>
    Effect.gen(function* () {
      for (const idempotencyKey of ["", "a b", "é", "a\n", "k".repeat(256)]) {
        const error = yield* Effect.flip(keyed({ idempotencyKey }))
        assert.strictEqual(error._tag === "InvalidInput" && error.faults[0].path, "/idempotencyKey")
      }
      assert.isFalse((yield* keyed({ idempotencyKey: "k".repeat(255) })).replayed)
    }).pipe(Effect.provide(engine(succeeds("publish"))))
  )
})

it.effect("a deploy tells while it is pending what it waits for", () =>
  Effect.gen(function* () {
    const first = yield* create()
    yield* TestClock.adjust("1 minute")
    const second = yield* create()
    assert.isNull((yield* get(first.id)).waiting)
    assert.deepStrictEqual((yield* get(second.id)).waiting, { for: "deploy", position: 1, since: second.createdAt })
    const deploys = yield* DeployEngine
    yield* deploys.cancel(ada, first.id)
    yield* Stream.runDrain(deploys.events(ada, first.id))
  }).pipe(Effect.provide(engine(hangs("upload"))))
)
