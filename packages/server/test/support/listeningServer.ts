import {
  ArtifactLocator,
  BuildId,
  CatalogRegistry,
  DeployDispatcher,
  DeployEngine,
  EntityId,
  LiveEvents,
  VersionId,
  WorkspaceId
} from "@deploys/core"
import { NodeServer } from "@deploys/http"
import { SqlAccess, SqlCatalog, SqlRegistry, SqlStore, SqlTokens } from "@deploys/sql-store"
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { HttpClient, HttpClientRequest, HttpServer } from "effect/http"
import { BuildUploads } from "../../src/builds/BuildUploads.ts"
import { DataFolder } from "../../src/DataFolder.ts"
import * as RootAccess from "../../src/RootAccess.ts"
import { RootToken } from "../../src/RootToken.ts"
import * as ServerApp from "../../src/ServerApp.ts"
import { temporary } from "./folders.ts"

/** The token with every right. */
export const root = "root-token-of-the-tests-0123456789abcdef"

/** Two workspaces, with an app and a build of it in each. */
const addCatalog = Effect.gen(function* () {
  const registry = yield* CatalogRegistry
  for (const name of ["mine", "theirs"]) {
    const [workspaceId, entityId] = [WorkspaceId.make(name), EntityId.make(`app-${name}`)]
    yield* registry.addWorkspace({ id: workspaceId, name })
    yield* registry.addEntity({ id: entityId, workspaceId, kind: "app", name: `app-${name}` })
    const version = { id: VersionId.make(`ver-${name}`), entityId, name: "main" }
    const { id: versionId } = yield* registry.ensureVersion(version)
    const id = BuildId.make(`bld-${name}`)
    const unknown = { branch: null, commitSha: null, commitMessage: null, error: null }
    yield* registry.addBuild({ id, versionId, status: "completed", artifact: ArtifactLocator.make(id), ...unknown })
  }
})

const data = Layer.unwrap(Effect.map(temporary, (folder) => DataFolder.layer(`${folder}/data`))).pipe(
  Layer.provideMerge(NodeServices.layer)
)

const stores = Layer.mergeAll(SqlStore.layer, SqlCatalog.layer, SqlRegistry.layer, SqlAccess.layer, SqlTokens.layer)

/** An engine that runs nothing, and a root token. */
const ports = Layer.mergeAll(
  RootAccess.layer.pipe(Layer.provide(RootToken.layer(Option.some(Redacted.make(root))))),
  BuildUploads.layer,
  DeployEngine.layer.pipe(
    Layer.provide([LiveEvents.layer, Layer.succeed(DeployDispatcher, { wake: () => Effect.void })])
  )
).pipe(Layer.provideMerge(data))

interface Asked {
  readonly as: string
  readonly method?: "GET" | "POST" | "DELETE"
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** What was answered: the status, the headers, and the body as text and as JSON. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it without a schema
  readonly body: any
}

const connect = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const client = yield* HttpClient.HttpClient
  const url = HttpServer.formatAddress(address)
  return Effect.fnUntraced(function* (path: string, { as, headers = {}, json, method }: Asked) {
    const verb = method ?? (json === undefined ? "GET" : "POST")
    const bearer = as === "" ? {} : { authorization: `Bearer ${as}` }
    const bare = HttpClientRequest.make(verb)(`${url}${path}`).pipe(
      HttpClientRequest.setHeaders({ ...bearer, ...headers })
    )
    const request = json === undefined ? bare : HttpClientRequest.bodyJsonUnsafe(bare, json)
    const response = yield* client.execute(request)
    const text = yield* response.text
    const body = text.startsWith("{") ? JSON.parse(text) : null
    const answer: Answer = { status: response.status, headers: response.headers, text, body }
    return answer
  }, Effect.orDie)
})

/** The server's routes on a socket of its own, over the database that it is given. */
export class ListeningServer extends Context.Service<
  ListeningServer,
  { readonly ask: (path: string, asked: Asked) => Effect.Effect<Answer> }
>()("@deploys/server/test/ListeningServer") {
  /** Another node of a database that has the catalog. */
  static readonly layerNode = Layer.effect(
    ListeningServer,
    Effect.map(connect, (ask) => ListeningServer.of({ ask }))
  ).pipe(
    Layer.provide([
      Layer.suspend(() => NodeServer.layer(Layer.provide(ServerApp.layer, ports), { port: 0 })),
      NodeHttpClient.layerNodeHttp
    ]),
    Layer.provideMerge(stores)
  )

  /** The first node, which brings the catalog. */
  static readonly layer = Layer.provideMerge(Layer.effectDiscard(addCatalog), this.layerNode)
}

/** Calls the server. */
export const ask = (path: string, asked: Asked) => ListeningServer.use((server) => server.ask(path, asked))
