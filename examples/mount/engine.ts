/** What the hosts of this folder mount: an engine on memory, where the app `slow` never comes to its end. */
import { DeployEngine, MemoryAccess, MemoryCatalog, MemoryStore } from "@deploys/core"
import { ScriptedTarget } from "@deploys/core/testing"
import { Effect, Layer, Stream } from "effect"

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme" }],
  entities: [
    { id: "shop", workspaceId: "acme" },
    { id: "slow", workspaceId: "acme" }
  ],
  versions: [
    { id: "shop-main", entityId: "shop" },
    { id: "slow-main", entityId: "slow" }
  ],
  builds: [
    { id: "shop-7", versionId: "shop-main", artifact: "shop/7" },
    { id: "slow-1", versionId: "slow-main", artifact: "slow/1" }
  ]
})

const target = ScriptedTarget.layerOf(({ entity }) => [
  entity.id === "slow" ? ScriptedTarget.hangs("publish") : ScriptedTarget.succeeds("publish")
])

let readers = 0

/** How many read the events of a deploy. */
export const openStreams = () => readers

/** Counts who reads events, so that a test can see that nobody is left when clients have gone. */
const counted = Layer.effect(
  DeployEngine,
  Effect.map(DeployEngine, (engine) => ({
    ...engine,
    events: (...args: Parameters<typeof engine.events>) =>
      engine
        .events(...args)
        .pipe(Stream.onStart(Effect.sync(() => (readers += 1))), Stream.ensuring(Effect.sync(() => (readers -= 1))))
  }))
)

export const engine = counted.pipe(
  Layer.provide(DeployEngine.layerWithRunner),
  Layer.provide([MemoryStore.layer, target]),
  Layer.provide(catalog)
)

/** Knows one token, which may do everything but manage. */
export const access = MemoryAccess.layerOf({
  "token-of-ada": { subject: "ada", everywhere: [], workspaces: { acme: ["read", "deploy", "cancel"] } }
})
