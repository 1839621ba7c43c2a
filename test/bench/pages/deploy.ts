// Deploys by the Pages target in a process of its own, as plans without an engine: the named artifacts in order. Prints the
// milliseconds of each, and the most memory of the process until then in MiB.
import { DirectoryArtifacts } from "@deploys/core"
import { PagesApi, PagesConfig, PagesTarget } from "@deploys/pages-target"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Duration, Effect, Layer, Redacted } from "effect"
import { runPlan } from "../../../packages/pages-target/test/support/plans.ts"

const [baseUrl = "", accountId = "", apiToken = "", root = "", ...artifacts] = process.argv.slice(2)

const target = PagesTarget.layer.pipe(
  Layer.provide(PagesApi.layer),
  Layer.provide(PagesConfig.layer({ accountId, baseUrl, apiToken: Redacted.make(apiToken) })),
  Layer.provide([Layer.provide(DirectoryArtifacts.layer(root), NodeServices.layer), NodeHttpClient.layerUndici])
)

const deploy = (artifact: string) =>
  Effect.map(Effect.timed(runPlan({ app: "demo", artifact, message: "bench", hash: null })), ([took]) => ({
    millis: Math.round(Duration.toMillis(took)),
    megabytes: process.resourceUsage().maxRSS / 1024
  }))

NodeRuntime.runMain(
  Effect.forEach(artifacts, deploy).pipe(
    Effect.flatMap((runs) => Effect.sync(() => console.log(JSON.stringify(runs)))),
    Effect.provide(target)
  )
)
