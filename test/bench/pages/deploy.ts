// One deploy by the Pages target in a process of its own, as a plan without an engine. Prints its milliseconds.
import { DirectoryArtifacts } from "@deploys/core"
import { PagesApi, PagesConfig, PagesTarget } from "@deploys/pages-target"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Duration, Effect, Layer, Redacted } from "effect"
import { runPlan } from "../../../packages/pages-target/test/support/plans.ts"

const [baseUrl = "", accountId = "", apiToken = "", root = "", artifact = ""] = process.argv.slice(2)

const target = PagesTarget.layer.pipe(
  Layer.provide(PagesApi.layer),
  Layer.provide(PagesConfig.layer({ accountId, baseUrl, apiToken: Redacted.make(apiToken) })),
  Layer.provide([Layer.provide(DirectoryArtifacts.layer(root), NodeServices.layer), NodeHttpClient.layerUndici])
)

NodeRuntime.runMain(
  runPlan({ app: "demo", artifact, message: "bench", hash: null }).pipe(
    Effect.timed,
    Effect.flatMap(([took]) => Effect.sync(() => console.log(Math.round(Duration.toMillis(took))))),
    Effect.provide(target)
  )
)
