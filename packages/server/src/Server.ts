import { CatalogRegistry, DeployMetrics, WorkspaceId } from "@deploys/core"
import { CorsOrigins, HttpLimits, NodeServer } from "@deploys/http"
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { Effect, Layer, Option } from "effect"
import { announce } from "./announce.ts"
import { BuildUploads } from "./builds/BuildUploads.ts"
import { DataFolder } from "./DataFolder.ts"
import * as Engine from "./Engine.ts"
import { listenFailure } from "./Listening.ts"
import * as RootAccess from "./RootAccess.ts"
import { RootToken } from "./RootToken.ts"
import { InvalidSetting, type Settings } from "./Settings.ts"
import * as ServerApp from "./ServerApp.ts"
import * as Storage from "./Storage.ts"
import * as Telemetry from "./Telemetry.ts"

/** A large upload takes a while on a slow line; all other bodies, and uploads that stand still, have less. */
const requestTimeoutMillis = 60 * 60 * 1000

/** The id is fixed, so that servers that start at once on one database make one. */
const defaultWorkspace = Layer.effectDiscard(
  Effect.gen(function* () {
    const registry = yield* CatalogRegistry
    const there = yield* registry.workspaces("all")
    if (there.length === 0) yield* registry.addWorkspace({ id: WorkspaceId.make("default"), name: "default" })
  }).pipe(Effect.mapError(({ message }) => new InvalidSetting({ setting: "DATABASE_URL", detail: message })))
)

const limits = ({ corsOrigins, openStreams, openStreamsPerToken, requestsPerMinute }: Settings) =>
  Layer.merge(
    Layer.succeed(CorsOrigins, corsOrigins),
    Layer.succeed(HttpLimits, {
      requests: requestsPerMinute === 0 ? Infinity : requestsPerMinute,
      windowSeconds: 60,
      openPerCaller: openStreamsPerToken,
      open: openStreams
    })
  )

/** Counting what waits costs the database something, so it is done where somebody asked for metrics. */
const pending = ({ telemetry }: Settings) => (Option.isSome(telemetry) ? DeployMetrics.layerPending : Layer.empty)

/**
 * The ready server: listens from when it is built until its scope ends, and then lets go of what it runs.
 *
 * It migrates its database, makes a workspace `default` where there is none, and says where it is on standard output. A
 * setting that can't be taken fails with `InvalidSetting`.
 */
export const layer = (settings: Settings): Layer.Layer<never, InvalidSetting> => {
  const { host, maxConnections, port } = settings
  const platform = Layer.mergeAll(NodeServices.layer, NodeHttpClient.layerNodeHttp)
  const data = DataFolder.layer(settings.dataDir).pipe(Layer.provideMerge(platform))
  const storage = Storage.layer(settings).pipe(Layer.provideMerge(data))
  const root = RootToken.layer(settings.rootToken).pipe(Layer.provideMerge(storage))
  const engine = Engine.layer(settings).pipe(Layer.provideMerge(root))
  const app = ServerApp.layer.pipe(
    Layer.provide([RootAccess.layer, BuildUploads.layer, limits(settings)]),
    Layer.merge(defaultWorkspace),
    Layer.merge(pending(settings)),
    Layer.provide(engine)
  )
  const server = NodeServer.layer(app, { host, maxConnections, port, requestTimeoutMillis }).pipe(
    Layer.catchTag("ServeError", listenFailure({ host, port, setting: "PORT" }))
  )
  return Layer.effectDiscard(announce(settings)).pipe(
    Layer.provide(server),
    Layer.provide(engine),
    // Below all: what serves and what runs deploys is traced, and what both say while they end is still sent.
    Layer.provide(Telemetry.layer(settings))
  )
}
