// Deploys by an engine on memory and the Pages target, as a service does that embeds them: the named artifacts in order, each
// as an app's next deploy. Prints the milliseconds of each, and the most memory of the process until then in MiB.
import {
  BuildId,
  DeployEngine,
  DirectoryArtifacts,
  isLastEvent,
  MemoryCatalog,
  MemoryStore,
  trustedPrincipal
} from "@deploys/core"
import { PagesApi, PagesConfig, PagesTarget } from "@deploys/pages-target"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Duration, Effect, Layer, Redacted, Stream } from "effect"
import { readFileSync } from "node:fs"

const [baseUrl = "", accountId = "", apiToken = "", root = "", ...artifacts] = process.argv.slice(2)

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "ws" }],
  entities: [{ id: "app", workspaceId: "ws", name: "demo" }],
  versions: [{ id: "main", entityId: "app" }],
  builds: artifacts.map((artifact, index) => ({ id: `bld-${index}`, versionId: "main", artifact }))
})

const target = PagesTarget.layer.pipe(
  Layer.provide(PagesApi.layer),
  Layer.provide(PagesConfig.layer({ accountId, baseUrl, apiToken: Redacted.make(apiToken) })),
  Layer.provide([DirectoryArtifacts.layer(root), NodeHttpClient.layerNodeHttp]),
  Layer.provide([NodeFileSystem.layer, NodePath.layer])
)

const engine = DeployEngine.layerWithRunner.pipe(
  Layer.provide([Layer.provide(MemoryStore.layer, catalog), target]),
  Layer.provide(catalog)
)

const me = trustedPrincipal("bench")

const deploy = Effect.fn(function* (index: number) {
  const { create, events, get } = yield* DeployEngine
  const { id } = yield* create(me, { buildId: BuildId.make(`bld-${index}`) })
  yield* Stream.runDrain(Stream.takeUntil(events(me, id), isLastEvent))
  const { error, status } = yield* get(me, id)
  if (status !== "completed") yield* Effect.die(error)
})

/** In MiB. `maxRSS` starts at what the parent had at the fork. */
const peakMemory = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024

const measured = (_: string, index: number) =>
  Effect.map(Effect.timed(deploy(index)), ([took]) => ({
    millis: Math.round(Duration.toMillis(took)),
    megabytes: peakMemory()
  }))

NodeRuntime.runMain(
  Effect.forEach(artifacts, measured).pipe(
    Effect.flatMap((runs) => Effect.sync(() => console.log(JSON.stringify(runs)))),
    Effect.provide(engine)
  )
)
