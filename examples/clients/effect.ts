import { BuildId } from "@deploys/core"
import { Api, toListQuery } from "@deploys/http/api"
import { Console, Effect, Redacted, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import assert from "node:assert/strict"

const { DEPLOYS_TOKEN = "", DEPLOYS_URL = "" } = process.env

// #region client
const makeClient = (baseUrl: string, token: Redacted.Redacted) =>
  HttpApiClient.make(Api, {
    baseUrl,
    transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(token))
  })
// #endregion

const program = Effect.gen(function* () {
  const client = yield* makeClient(DEPLOYS_URL, Redacted.make(DEPLOYS_TOKEN))
  const earlier = yield* client.deploys.list({
    query: toListQuery({ limit: 1, filter: { build: { branch: { eq: "main" } } } })
  })
  const buildId = earlier.data[0]?.buildId ?? BuildId.make("none")

  // #region calls
  const { body: deploy } = yield* client.deploys.create({ headers: {}, payload: { buildId } })
  const page = yield* client.deploys.search({
    payload: {
      filter: { entity: { name: { eq: "shop" } }, NOT: { status: { in: ["completed", "failed"] } } },
      orderBy: [{ sequenceNumber: "desc" }]
    }
  })
  const details = yield* client.deploys.get({ params: { id: deploy.id } })
  yield* client.deploys.cancel({ params: { id: deploy.id }, payload: { reason: "not today" } })
  const refused = yield* client.deploys.rollback({ params: { id: deploy.id }, headers: {}, payload: null }).pipe(
    Effect.as("made"),
    Effect.catchTag("DeployNotCompleted", ({ failureCode }) => Effect.succeed(failureCode))
  )
  // #endregion
  assert.deepEqual(page.data, [deploy])
  assert.equal(details.waiting?.for, "capacity")
  assert.equal(refused, "cancelled")

  const events = yield* client.deploys.events({ params: { id: deploy.id }, headers: {} })
  const types = yield* Stream.runCollect(Stream.map(events, ({ event }) => event))
  assert.deepEqual(types, ["deploy.created", "deploy.failed"])
  const missing = yield* Effect.flip(client.deploys.create({ headers: {}, payload: { buildId: BuildId.make("none") } }))
  assert.equal(missing._tag, "NotFound")
  yield* Console.log(`Effect's client created, found, followed and cancelled ${deploy.id}`)
})

await Effect.runPromise(Effect.provide(program, FetchHttpClient.layer))
