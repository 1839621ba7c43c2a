import {
  type Catalog,
  DeployDispatcher,
  DeployEngine,
  type DeployStore,
  DirectoryArtifacts,
  LiveEvents,
  queuePolicies,
  RunnerOptions
} from "@deploys/core"
import { LocalTarget } from "@deploys/local-target"
import { Effect, type FileSystem, Layer, Option, type Path } from "effect"
import type { HttpClient } from "effect/http"
import { DataFolder } from "./DataFolder.ts"
import * as PagesSites from "./PagesSites.ts"
import type { InvalidSetting, Settings } from "./Settings.ts"
import * as Sites from "./Sites.ts"

const options = ({ leaseSeconds, maxRunning, maxRunningPerWorkspace }: Settings) =>
  Layer.effect(
    RunnerOptions,
    Effect.map(RunnerOptions, (defaults) => ({
      ...defaults,
      maxRunning,
      maxRunningPerWorkspace,
      grace: "10 seconds",
      lease: `${leaseSeconds} seconds`,
      renewEvery: `${(leaseSeconds * 1000) / 3} millis`
    }))
  )

const artifacts = Layer.unwrap(Effect.map(DataFolder, (data) => DirectoryArtifacts.layer(data.artifacts)))

/** Runs what is created, and serves the sites or has Cloudflare Pages serve them. */
const running = (settings: Settings) => {
  const runner = DeployEngine.layerWithRunner.pipe(Layer.provide(options(settings)))
  return Option.match(settings.pages, {
    onNone: () =>
      runner.pipe(
        Layer.provide(LocalTarget.layer),
        Layer.provide(artifacts),
        Layer.provideMerge(Sites.layer(settings))
      ),
    onSome: (pages) => runner.pipe(Layer.provide(PagesSites.layer(pages)), Layer.provide(artifacts))
  })
}

/** Creates, lists and cancels; what is created waits for another server to run it. */
const idle = DeployEngine.layer.pipe(
  Layer.provide([LiveEvents.layer, Layer.succeed(DeployDispatcher, { wake: () => Effect.void })])
)

/** The engine of the settings: with `RUNNER=on` it runs deploys and serves their sites, else it serves the API alone. */
export const layer = (
  settings: Settings
): Layer.Layer<
  DeployEngine,
  InvalidSetting,
  Catalog | DataFolder | DeployStore | FileSystem.FileSystem | HttpClient.HttpClient | Path.Path
> => Layer.provide(settings.runner ? running(settings) : idle, queuePolicies(settings.queuePolicy))
