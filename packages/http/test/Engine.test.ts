import {
  BuildId,
  DeployEngine,
  DeployTarget,
  EntityId,
  type ListOptions,
  makePlan,
  makeStep,
  MemoryAccess,
  MemoryCatalog,
  MemoryStore
} from "@deploys/core"
import { HttpApp, NodeServer } from "@deploys/http"
import { Api, toListQuery } from "@deploys/http/api"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Latch, Layer, Schema, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import * as Served from "./support/Served.ts"

/** Holds deploys back in their only step until it is opened. */
class Gate extends Context.Service<Gate, Latch.Latch>()("test/Gate") {
  static readonly layer = Layer.effect(Gate, Latch.make())
}

const Target = Layer.effect(
  DeployTarget,
  Effect.map(Gate, (gate) => ({
    plan: () =>
      makePlan([
        makeStep({
          name: "publish",
          output: Schema.String,
          run: ({ log, progress }) =>
            log("publishing").pipe(
              Effect.andThen(progress({ done: 1, total: 2, unit: "files" })),
              Effect.andThen(gate.await),
              Effect.as("http://preview.localhost/")
            ),
          previewUrl: (url) => url
        })
      ])
  }))
)

const Catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "ws_1" }],
  entities: [
    { id: "app_1", workspaceId: "ws_1" },
    { id: "app_2", workspaceId: "ws_1" }
  ],
  versions: [{ id: "ver_1", entityId: "app_1" }],
  builds: [{ id: "bld_1", versionId: "ver_1", artifact: "art_1" }]
})

const Access = MemoryAccess.layerOf({
  deployer: { subject: "ada", everywhere: [], workspaces: { ws_1: ["read", "deploy", "cancel"] } },
  reader: { subject: "bob", everywhere: [], workspaces: { ws_1: ["read"] } },
  stranger: { subject: "eve", everywhere: [], workspaces: {} }
})

const Engine = DeployEngine.layerWithRunner.pipe(
  Layer.provide([MemoryStore.layer, Target]),
  Layer.provide(Catalog),
  Layer.provideMerge(Gate.layer)
)

const Server = NodeServer.layer(HttpApp.layer().pipe(Layer.provide(Access)), {
  port: 0,
  gracefulShutdownTimeout: "100 millis"
})

const clientOf = (token: string) =>
  Effect.flatMap(Served.url, (baseUrl) =>
    HttpApiClient.make(Api, {
      baseUrl,
      transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(token))
    })
  )

const build = { buildId: BuildId.make("bld_1") }

layer(Layer.provideMerge(Server, Layer.merge(Engine, FetchHttpClient.layer)), { excludeTestServices: true })(
  "the API over an engine that runs",
  (it) => {
    it.effect("tells those who follow a deploy all of it, live", () =>
      Effect.gen(function* () {
        const client = yield* clientOf("deployer")
        const { body: created } = yield* client.deploys.create({ headers: {}, payload: build })
        const params = { id: created.id }
        const gate = yield* Gate
        const seen = yield* (yield* client.deploys.events({ params, headers: {} })).pipe(
          Stream.tap(({ event }) => (event === "log" ? gate.open : Effect.void)),
          Stream.runCollect
        )
        yield* gate.close
        assert.deepStrictEqual(
          // Progress is live only: a follower that comes late does not see it.
          seen.flatMap(({ event }) => (event === "progress" ? [] : event)),
          ["deploy.created", "deploy.running", "step.running", "log", "step.completed", "deploy.completed"]
        )
        const deploy = yield* client.deploys.get({ params })
        assert.include(deploy, { status: "completed", previewUrl: "http://preview.localhost/", isLive: true })
        assert.deepStrictEqual(
          deploy.steps.map(({ name, status }) => [name, status]),
          [["publish", "completed"]]
        )
        const over = yield* Effect.flip(client.deploys.cancel({ params, payload: null }))
        assert.include(over, { _tag: "DeployFinished", deployStatus: "completed" })
      })
    )

    it.effect("cancels a deploy at work, and its followers learn that", () =>
      Effect.gen(function* () {
        const client = yield* clientOf("deployer")
        const { body: created } = yield* client.deploys.create({
          headers: {},
          payload: { ...build, metadata: { pr: 7 } }
        })
        const params = { id: created.id }
        const seen = yield* (yield* client.deploys.events({ params, headers: {} })).pipe(
          Stream.tap(({ event }) =>
            event === "log" ? client.deploys.cancel({ params, payload: { reason: "wrong build" } }) : Effect.void
          ),
          Stream.runCollect
        )
        assert.include(
          seen.map(({ event }) => event),
          "deploy.failed"
        )
        const deploy = yield* client.deploys.get({ params })
        assert.include(deploy, { status: "failed", failureCode: "cancelled" })
        assert.include(deploy.metadata["cancellation"], { reason: "wrong build", by: "ada" })
        assert.strictEqual(deploy.metadata["pr"], 7)
        assert.deepStrictEqual(yield* client.deploys.cancel({ params, payload: null }), { success: true })
      })
    )

    it.effect("lists by filter and order, page by page", () =>
      Effect.gen(function* () {
        const client = yield* clientOf("reader")
        const page = (options: ListOptions) => client.deploys.list({ query: toListQuery({ limit: 1, ...options }) })
        const orderBy = [{ status: "asc" }] as const
        const first = yield* page({ orderBy })
        assert.deepStrictEqual(
          first.data.map(({ status }) => status),
          ["completed"]
        )
        const after = first.pageInfo.endCursor ?? ""
        const second = yield* page({ orderBy, after })
        assert.deepStrictEqual(
          second.data.map(({ status }) => status),
          ["failed"]
        )
        assert.include(second.pageInfo, { total: 2, hasNextPage: false, hasPreviousPage: true })
        const filter = { steps: { some: { status: { eq: "completed" } } }, build: { id: { in: ["bld_1"] } } } as const
        assert.deepStrictEqual((yield* page({ filter })).data, first.data)
        const foreign = yield* Effect.flip(page({ after }))
        assert.strictEqual(foreign._tag, "InvalidRequest")
        assert.deepStrictEqual((yield* (yield* clientOf("stranger")).deploys.list({ query: {} })).data, [])
        assert.deepStrictEqual(yield* client.system.ready(), { status: "ok" })
      })
    )

    it.effect("lets nobody see or do what they have no right to", () =>
      Effect.gen(function* () {
        const [reader, stranger, deployer] = yield* Effect.all([
          clientOf("reader"),
          clientOf("stranger"),
          clientOf("deployer")
        ])
        const refusal = (client: typeof reader, payload: Parameters<typeof reader.deploys.create>[0]["payload"]) =>
          Effect.map(Effect.flip(client.deploys.create({ headers: {}, payload })), ({ _tag }) => _tag)
        assert.strictEqual(yield* refusal(reader, build), "Forbidden")
        assert.strictEqual(yield* refusal(stranger, build), "NotFound")
        assert.strictEqual(yield* refusal(stranger, { appId: EntityId.make("app_1") }), "NotFound")
        assert.strictEqual(yield* refusal(deployer, { appId: EntityId.make("app_2") }), "NoDeployableBuild")
      })
    )
  }
)
