import { DeployDispatcher, DeployEngine, LiveEvents, MemoryAccess, MemoryCatalog, MemoryStore } from "@deploys/core"
import { FetchHandler } from "@deploys/http"
import { SqlTokens } from "@deploys/sql-store"
import { NodeServices } from "@effect/platform-node"
import { Context, Effect, FileSystem, Layer, Path } from "effect"
import { BuildUploads } from "../../src/builds/BuildUploads.ts"
import { DataFolder } from "../../src/DataFolder.ts"
import * as ServerApp from "../../src/ServerApp.ts"
import { temporary } from "./folders.ts"

/** Who calls: each name is a token. Bo may only read in `mine`, Cy only sees `theirs`. */
const access = MemoryAccess.layerOf({
  root: { subject: "root", everywhere: ["read", "deploy", "cancel", "admin"], workspaces: {} },
  ada: { subject: "ada", everywhere: [], workspaces: { mine: ["read", "deploy", "cancel", "admin"] } },
  bo: { subject: "bo", everywhere: [], workspaces: { mine: ["read"] } },
  cy: { subject: "cy", everywhere: [], workspaces: { theirs: ["read", "deploy", "admin"] } }
})

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "mine" }, { id: "theirs" }],
  entities: [
    { id: "app-1", workspaceId: "mine", name: "shop" },
    { id: "app-2", workspaceId: "theirs", name: "blog" }
  ],
  versions: [{ id: "ver-2", entityId: "app-2" }],
  builds: [{ id: "bld-2", versionId: "ver-2", artifact: "files" }]
})

const data = Layer.unwrap(Effect.map(temporary, (folder) => DataFolder.layer(`${folder}/data`))).pipe(
  Layer.provideMerge(NodeServices.layer)
)

const engine = DeployEngine.layer.pipe(
  Layer.provide([LiveEvents.layer, Layer.succeed(DeployDispatcher, { wake: () => Effect.void })]),
  Layer.provideMerge(MemoryStore.layer)
)

const ports = Layer.mergeAll(engine, BuildUploads.layer, Layer.mock(SqlTokens)({})).pipe(
  Layer.provideMerge(catalog),
  Layer.provideMerge(access),
  Layer.provideMerge(data)
)

interface Asked {
  readonly method?: string
  readonly as?: string
  readonly body?: BodyInit
  readonly json?: unknown
  readonly type?: string
  readonly signal?: AbortSignal
}

/** What was answered: the status, and the body as JSON. */
export interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it without a schema
  readonly body: any
}

/** The server's routes on memory, with uploads in a folder of this test file. */
export class TestServer extends Context.Service<
  TestServer,
  { readonly ask: (path: string, asked?: Asked) => Effect.Effect<Answer> }
>()("@deploys/server/test/TestServer") {
  static readonly layer = Layer.effect(
    TestServer,
    Effect.gen(function* () {
      const services = yield* Effect.context<Layer.Success<typeof ports>>()
      const { handler } = yield* Effect.acquireRelease(
        Effect.sync(() => FetchHandler.make(Layer.provide(ServerApp.layer, Layer.succeedContext(services)))),
        ({ dispose }) => Effect.promise(dispose)
      )
      const ask = Effect.fnUntraced(function* (path: string, asked: Asked = {}) {
        const { as = "ada", body, json, method, signal, type } = asked
        const content = json === undefined ? body : JSON.stringify(json)
        const contentType = type ?? (json === undefined ? undefined : "application/json")
        const request = new Request(`http://deploys${path}`, {
          method: method ?? (content === undefined ? "GET" : "POST"),
          headers: {
            authorization: `Bearer ${as}`,
            ...(contentType === undefined ? {} : { "content-type": contentType })
          },
          ...(content === undefined ? {} : { body: content, duplex: "half" }),
          ...(signal === undefined ? {} : { signal })
        })
        const response = yield* Effect.promise(() => handler(request))
        const text = yield* Effect.promise(() => response.text())
        return { status: response.status, body: text === "" ? null : JSON.parse(text) }
      })
      return TestServer.of({ ask })
    })
  ).pipe(Layer.provideMerge(ports))
}

/** Calls the server, by default as Ada. */
export const ask = (path: string, asked?: Asked) => TestServer.use((server) => server.ask(path, asked))

/** Everything that uploads have left on the disk. */
export const kept = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* DataFolder
  const below = (root: string) =>
    Effect.map(fs.readDirectory(root, { recursive: true }), (names) =>
      names.toSorted().map((name) => path.join(path.basename(root), name))
    )
  return [...(yield* below(folder.artifacts)), ...(yield* below(folder.uploads))]
})
