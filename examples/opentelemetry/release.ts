/** A service that runs deploys and exports what it does: its traces and metrics go to whatever speaks OTLP. */
import {
  BuildId,
  DeployEngine,
  DeployMetrics,
  DeployTarget,
  makePlan,
  makeStep,
  MemoryCatalog,
  MemoryStore,
  StepError,
  trustedPrincipal
} from "@deploys/core"
import { Effect, Layer, Schedule, Schema, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"

const upload = makeStep({
  name: "upload",
  output: Schema.Null,
  retry: Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 3 })),
  run: ({ attempt }) =>
    attempt === 1
      ? Effect.fail(new StepError({ message: "the target is busy" }))
      : Effect.as(Effect.sleep("20 millis"), null)
})
const publish = makeStep({
  name: "publish",
  output: Schema.Null,
  // Spans of the step's own are below its attempt, in the same trace.
  run: () => Effect.as(Effect.withSpan(Effect.sleep("10 millis"), "purge cache"), null)
})
const target = Layer.succeed(DeployTarget, { plan: () => makePlan([upload, publish]) })

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme" }],
  entities: [{ id: "shop", workspaceId: "acme" }],
  versions: [{ id: "main", entityId: "shop" }],
  builds: [{ id: "build-7", versionId: "main", artifact: "shop/7" }]
})

const instrumented = (baseUrl: string) => {
  // #region layers
  const telemetry = Otlp.layerJson({ baseUrl, resource: { serviceName: "release-service" } }).pipe(
    Layer.provide(FetchHttpClient.layer)
  )
  const engine = Layer.merge(DeployEngine.layerWithRunner, DeployMetrics.layerPending).pipe(
    Layer.provide([MemoryStore.layer, target]),
    Layer.provide(catalog),
    // Below the engine: what runs deploys is to be traced too.
    Layer.provide(telemetry)
  )
  // #endregion
  return engine
}

/** Puts a build live, and answers with the deploy once everything of it is exported. */
export const release = (baseUrl: string) =>
  Effect.gen(function* () {
    const engine = yield* DeployEngine
    const me = trustedPrincipal("release-service")
    const { id } = yield* engine.create(me, { buildId: BuildId.make("build-7") })
    yield* Stream.runDrain(engine.events(me, id))
    return yield* engine.get(me, id)
  }).pipe(Effect.provide(instrumented(baseUrl)))
