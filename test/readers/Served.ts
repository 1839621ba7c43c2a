import {
  BuildId,
  DeployEngine,
  DeployTarget,
  type DeployId,
  makePlan,
  makeStep,
  MemoryAccess,
  MemoryCatalog,
  MemoryStore,
  trustedPrincipal
} from "@deploys/core"
import { CorsOrigins, HttpApp, NodeServer } from "@deploys/http"
import { Context, Deferred, Effect, Layer, Schema } from "effect"
import { HttpServer } from "effect/http"

const access = MemoryAccess.layerOf({ root: { subject: "root", everywhere: ["read", "deploy"], workspaces: {} } })

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "ws" }],
  entities: [{ id: "shop", workspaceId: "ws" }],
  versions: [{ id: "main", entityId: "shop" }],
  builds: [{ id: "build", versionId: "main", artifact: "files" }]
})

/** A deploy that logs a line, waits to be let go, and logs another one. */
export interface Started {
  readonly id: DeployId
  readonly letGo: Effect.Effect<void>
}

/** The API on a socket of its own, for pages of some origins. The token is `root`. */
export class Served extends Context.Service<Served, { readonly url: string; readonly start: Effect.Effect<Started> }>()(
  "test/readers/Served"
) {
  static readonly layer = (origins: ReadonlyArray<string>) =>
    Layer.unwrap(
      Effect.sync(() => {
        let gate = Deferred.makeUnsafe<void>()
        const step = makeStep({
          name: "publish",
          output: Schema.Null,
          run: ({ log }) =>
            Effect.gen(function* () {
              yield* log("waiting … ä 𝒳")
              yield* Deferred.await(gate)
              yield* log("let go")
              return null
            })
        })
        const target = Layer.succeed(DeployTarget, { plan: () => makePlan([step]) })
        const engine = DeployEngine.layerWithRunner.pipe(
          Layer.provide([MemoryStore.layer, target]),
          Layer.provide(catalog)
        )
        const app = HttpApp.layer().pipe(Layer.provide([access, Layer.succeed(CorsOrigins, origins)]))
        const make = Effect.gen(function* () {
          const { address } = yield* HttpServer.HttpServer
          const { create } = yield* DeployEngine
          const start = Effect.gen(function* () {
            gate = yield* Deferred.make<void>()
            const { id } = yield* Effect.orDie(create(trustedPrincipal("root"), { buildId: BuildId.make("build") }))
            return { id, letGo: Effect.asVoid(Deferred.succeed(gate, undefined)) }
          })
          return Served.of({ url: HttpServer.formatAddress(address), start })
        })
        return Layer.effect(Served, make).pipe(
          Layer.provide(Layer.provideMerge(NodeServer.layer(app, { port: 0 }), engine))
        )
      })
    )
}

/** The types of the events that such a deploy has. */
export const story = [
  "deploy.created",
  "deploy.running",
  "step.running",
  "log",
  "log",
  "step.completed",
  "deploy.completed"
]

/** The fields of that name in server-sent events, in order. */
export const fieldsOf = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`^${name}: ?(.*)$`, "gm"))].map(([, value]) => value)
