import { BuildId, trustedPrincipal } from "@deploys/core"
import { BodyCheck, DeploysHandlers, InputCheck, SystemHandlers } from "@deploys/http"
import { Api, Authorization, CurrentAccess, CurrentPrincipal, toListQuery } from "@deploys/http/api"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpServer } from "effect/http"
import { HttpApiClient, HttpApiTest } from "effect/http-api"
import * as ScriptedEngine from "./support/ScriptedEngine.ts"
import * as Served from "./support/Served.ts"

const { completed, events, ids, running } = ScriptedEngine

type Client = HttpApiClient.ForApi<typeof Api>

/** What a typed client sees is the same whether requests go over a socket or not. */
const cases: ReadonlyArray<readonly [name: string, test: (client: Client) => Effect.Effect<void, unknown>]> = [
  [
    "lists deploys",
    Effect.fnUntraced(function* (client) {
      const page = yield* client.deploys.list({
        query: toListQuery({ limit: 5, ids: [ids.running], total: false, status: "running" })
      })
      assert.deepStrictEqual(page.data, [running, completed])
      assert.isNull(page.pageInfo.total)
    })
  ],
  [
    "searches by a typed filter",
    Effect.fnUntraced(function* (client) {
      const page = yield* client.deploys.search({
        payload: {
          filter: {
            NOT: { steps: { some: { status: { in: ["failed"] } } } },
            metadata: { path: { keys: ["pr"], gt: 7 } }
          },
          orderBy: [{ startedAt: "desc_nulls_last" }],
          ids: [ids.running],
          workspace_id: running.workspaceId,
          total: false
        }
      })
      assert.deepStrictEqual(page.data, [running, completed])
      assert.isNull(page.pageInfo.total)
    })
  ],
  [
    "creates a deploy and learns its address",
    Effect.fnUntraced(function* (client) {
      const { body, headers } = yield* client.deploys.create({
        headers: {},
        payload: { buildId: BuildId.make("bld_1"), metadata: { a: [1] } }
      })
      assert.deepStrictEqual(body.metadata, { a: [1] })
      assert.strictEqual(headers.location, `/api/deploys/${body.id}`)
    })
  ],
  [
    "gets a deploy with its steps",
    Effect.fnUntraced(function* (client) {
      const deploy = yield* client.deploys.get({ params: { id: ids.completed } })
      assert.deepStrictEqual(deploy, { ...completed, steps: [], canCancel: false, canRollback: false, waiting: null })
    })
  ],
  [
    "cancels with a reason and without",
    Effect.fnUntraced(function* (client) {
      const params = { id: ids.running }
      assert.deepStrictEqual(yield* client.deploys.cancel({ params, payload: { reason: "x" } }), { success: true })
      assert.deepStrictEqual(yield* client.deploys.cancel({ params, payload: null }), { success: true })
    })
  ],
  [
    "follows a deploy to its last event",
    Effect.fnUntraced(function* (client) {
      const stream = yield* client.deploys.events({ params: { id: ids.completed }, headers: { "last-event-id": 1 } })
      const received = yield* Stream.runCollect(stream)
      assert.deepStrictEqual(
        received.flatMap(({ data }) => ("sequence" in data ? data : [])),
        events.slice(1)
      )
    })
  ],
  [
    "meets problems as typed errors",
    Effect.fnUntraced(function* (client) {
      const missing = yield* Effect.flip(client.deploys.get({ params: { id: ids.missing } }))
      assert.strictEqual(missing._tag, "NotFound")
      const over = yield* Effect.flip(client.deploys.cancel({ params: { id: ids.completed }, payload: null }))
      assert.include(over, { _tag: "DeployFinished", deployStatus: "completed" })
      const invalid = yield* Effect.flip(client.deploys.list({ query: { after: "x" } }))
      assert.strictEqual(invalid._tag, "InvalidRequest")
    })
  ],
  [
    "asks whether the server is ready",
    Effect.fnUntraced(function* (client) {
      assert.deepStrictEqual(yield* client.system.ready(), { status: "ok" })
    })
  ]
]

const root = trustedPrincipal("root")

const AsRoot = Layer.succeed(
  Authorization,
  Authorization.of({
    bearer: (httpEffect) =>
      httpEffect.pipe(
        Effect.provideService(CurrentPrincipal, root),
        Effect.provideService(CurrentAccess, { principal: Effect.succeed(root), lost: () => Effect.never })
      )
  })
)

const Handlers = Layer.mergeAll(DeploysHandlers.layer, SystemHandlers.layer).pipe(
  Layer.provideMerge([AsRoot, InputCheck.layer, BodyCheck.layer, HttpServer.layerServices, ScriptedEngine.layer])
)

describe("a typed client", () => {
  layer(Handlers, { excludeTestServices: true })("of the handlers themselves", (it) => {
    it.effect.each(cases)("%s", ([, test]) => Effect.flatMap(HttpApiTest.groups(Api, ["deploys", "system"]), test))
  })

  layer(Layer.merge(Served.layer, FetchHttpClient.layer), { excludeTestServices: true })("over a socket", (it) => {
    it.effect.each(cases)("%s", ([, test]) =>
      Effect.gen(function* () {
        const transformClient = HttpClient.mapRequest(HttpClientRequest.bearerToken("root"))
        yield* test(yield* HttpApiClient.make(Api, { baseUrl: yield* Served.url, transformClient }))
      })
    )

    it.effect("without a token meets the 401 as a typed error", () =>
      Effect.gen(function* () {
        const client = yield* HttpApiClient.make(Api, { baseUrl: yield* Served.url })
        const error = yield* Effect.flip(client.deploys.list({ query: {} }))
        assert.strictEqual(error._tag, "Unauthorized")
      })
    )
  })
})
