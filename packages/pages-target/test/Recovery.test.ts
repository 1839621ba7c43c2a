import { DeployEngine, type DeployId, runnerOptions } from "@deploys/core"
import { FakeFault, FakePages, type FakeOptions } from "@deploys/pages-target/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Scope } from "effect"
import { ada, Artifacts, create, deploy, engine, filesOf, over, production, world } from "./support/host.ts"

/** What a killed engine ran is taken up after its lease. */
const lease = runnerOptions({ lease: "2 seconds", renewEvery: "500 millis", pollEvery: "100 millis" })

/** An engine that is gone when it is told to, with all that it has in flight. */
const mortalEngine = Effect.gen(function* () {
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(Layer.fresh(Layer.provide(engine(), lease)), scope)
  return { context, kill: Scope.close(scope, Exit.void) }
})

/** Kills the engine while its call to create a deployment is in flight, and lets another one go on. */
const crash = Effect.fnUntraced(function* (fault: (gate: Effect.Effect<void>) => FakeFault, cancelled = false) {
  const { calls, inject, project } = yield* FakePages
  const { put } = yield* Artifacts
  put("one", filesOf({ "index.html": "one" }))
  put("two", filesOf({ "index.html": "two" }))
  const first = yield* mortalEngine
  yield* Effect.provide(deploy("shop", "one"), first.context)
  const arrived = yield* Deferred.make<void>()
  const resumed = yield* Deferred.make<void>()
  const gate = Effect.andThen(Deferred.succeed(arrived, undefined), Deferred.await(resumed))
  yield* inject("createDeployment", fault(gate))
  const before = (yield* calls).length
  const { id } = yield* Effect.provide(create("shop", "two"), first.context)
  yield* Deferred.await(arrived)
  if (cancelled)
    yield* Effect.provide(
      DeployEngine.use((deploys) => deploys.cancel(ada, id)),
      first.context
    )
  yield* first.kill
  const second = yield* mortalEngine
  yield* Effect.sleep("30 millis")
  yield* Deferred.succeed(resumed, undefined)
  const ended = yield* Effect.provide(over(id), second.context)
  const sent = (yield* calls).slice(before).filter(({ call }) => call === "createDeployment").length
  const left = marked(id, (yield* project("shop"))?.deployments ?? [])
  const live = yield* production("shop")
  yield* second.kill
  return { ended, sent, left, live }
})

const marked = (id: DeployId, deployments: ReadonlyArray<{ readonly message: string }>) =>
  deployments.filter(({ message }) => message.startsWith(`${id} `)).length

const fakes: ReadonlyArray<readonly [string, FakeOptions]> = [
  ["", {}],
  [", and is late in the list", { listDelay: "60 millis" }],
  [", and takes its time to go live", { deployTime: "80 millis" }]
]

describe("a deploy whose process was killed while a deployment was made", () => {
  it.live.each(fakes)("takes up the deployment that was made%s", ([, fake]) =>
    Effect.gen(function* () {
      const { ended, left, live, sent } = yield* crash((gate) => FakeFault.After({ gate }))
      assert.strictEqual(ended.deploy.status, "completed", ended.deploy.error ?? "")
      assert.deepStrictEqual([sent, left, live], [1, 1, "two"])
      assert.include(ended.logs.join("\n"), "which an earlier call has made")
    }).pipe(Effect.provide(world(fake)))
  )

  it.live("takes up the deployment that is made only after it has resumed", () =>
    Effect.gen(function* () {
      const { ended, left, live, sent } = yield* crash((gate) => FakeFault.Before({ gate }))
      assert.strictEqual(ended.deploy.status, "completed", ended.deploy.error ?? "")
      assert.deepStrictEqual([sent, left, live], [1, 1, "two"])
    }).pipe(Effect.provide(world()))
  )

  it.live("makes another only where none has turned up", () =>
    Effect.gen(function* () {
      const { ended, left, live, sent } = yield* crash((gate) =>
        FakeFault.Before({ gate: Effect.andThen(gate, Effect.never) })
      )
      assert.strictEqual(ended.deploy.status, "completed", ended.deploy.error ?? "")
      assert.deepStrictEqual([sent, left, live], [2, 1, "two"])
    }).pipe(Effect.provide(world()))
  )

  it.live("and that was cancelled leaves nothing, though nobody has its answer", () =>
    Effect.gen(function* () {
      const { ended, left, live, sent } = yield* crash((gate) => FakeFault.After({ gate }), true)
      assert.strictEqual(ended.deploy.metadata["outcome"], "reverted", ended.logs.join("\n"))
      assert.deepStrictEqual([sent, left, live], [1, 0, "one"])
    }).pipe(Effect.provide(world()))
  )
})
