// The API over the engine in memory, with one deploy that never ends. It logs the lines that the parent sends, and reports
// progress with each; the parent asks what that costs.
import {
  BuildId,
  DeployEngine,
  DeployTarget,
  makePlan,
  makeStep,
  MemoryAccess,
  MemoryCatalog,
  MemoryStore,
  trustedPrincipal
} from "@deploys/core"
import { HttpApp, HttpLimits, NodeServer } from "@deploys/http"
import { Effect, Layer, Queue, Schema } from "effect"
import { HttpServer } from "effect/http"
import type { Asked, Told } from "./messages.ts"

const lines = Effect.runSync(Queue.unbounded<string>())

const target = Layer.succeed(DeployTarget, {
  plan: () =>
    makePlan([
      makeStep({
        name: "publish",
        output: Schema.Null,
        run: ({ log, progress }) =>
          Effect.gen(function* () {
            for (let done = 1; ; done++) {
              yield* log(yield* Queue.take(lines))
              yield* progress({ done, total: null, unit: "lines" })
            }
          })
      })
    ])
})

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "ws_1" }],
  entities: [{ id: "app_1", workspaceId: "ws_1" }],
  versions: [{ id: "ver_1", entityId: "app_1" }],
  builds: [{ id: "bld_1", versionId: "ver_1", artifact: "art_1" }]
})
const access = MemoryAccess.layerOf({
  root: { subject: "root", everywhere: ["read", "deploy", "cancel"], workspaces: {} }
})
const engine = DeployEngine.layerWithRunner.pipe(Layer.provide([MemoryStore.layer, target]), Layer.provide(catalog))
const limits = Layer.succeed(HttpLimits, { requests: Infinity, windowSeconds: 60, openPerCaller: 5000, open: 5000 })
const app = HttpApp.layer().pipe(Layer.provide([access, limits]))

const tell = (told: Told) => process.send?.(told)

const program = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const { create } = yield* DeployEngine
  const { id } = yield* create(trustedPrincipal("bench"), { buildId: BuildId.make("bld_1") })
  process.on("message", (asked: Asked) => {
    if (asked.ask === "line") return Effect.runSync(Queue.offer(lines, asked.line))
    global.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    const { system, user } = process.cpuUsage()
    return tell({ heapUsed, rss, cpuMicros: system + user })
  })
  tell({ url: HttpServer.formatAddress(address), id })
  return yield* Effect.never
})

Effect.runFork(
  program.pipe(Effect.provide(Layer.provideMerge(NodeServer.layer(app, { port: 0 }), engine)), Effect.scoped)
)
