import { DeployRunner, DeployStore, FiberDispatcher, LiveEvents, MemoryCatalog, MemoryStore } from "@deploys/core"
import { ScriptedTarget } from "@deploys/core/testing"
import { Effect, Layer, Stream } from "effect"
import { build, entity, version, workspace } from "./catalog/fixture.ts"
import { suite } from "./DeployDispatcherContract.ts"
import { testTime } from "./passage.ts"

/** A store whose every hint gets lost. */
const silent = Layer.effect(
  DeployStore,
  DeployStore.use((store) => Effect.succeed(DeployStore.of({ ...store, changes: Stream.never })))
).pipe(Layer.provide(MemoryStore.layer))

const target = ScriptedTarget.layer(ScriptedTarget.hangs("serve"))
const on = (store: typeof MemoryStore.layer) =>
  FiberDispatcher.layer.pipe(
    Layer.provide(DeployRunner.layer),
    Layer.provideMerge(store),
    Layer.provideMerge(MemoryCatalog.layer),
    Layer.provide([target, LiveEvents.layer])
  )

const options = {
  pass: testTime,
  runnable: Effect.gen(function* () {
    const app = yield* entity((yield* workspace).id)
    const { id: buildId } = yield* build((yield* version(app.id)).id)
    return { buildId, entityId: app.id, workspaceId: app.workspaceId }
  }).pipe(Effect.orDie)
}

suite("fibers on the store in memory", on(MemoryStore.layer), options)
suite("fibers that hear of no change", on(silent), options)
