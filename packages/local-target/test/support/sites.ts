import { LocalTarget, Publication, SiteServer } from "@deploys/local-target"
import { NodeHttpClient, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { Context, Effect, FileSystem, Layer } from "effect"
import { createServer, request } from "node:http"
import { buffer } from "node:stream/consumers"
import { Artifacts } from "./artifacts.ts"

/** Calls of the file system that a test takes over for a while; all others are Node's. */
export class Faults extends Context.Service<Faults, { current: Partial<FileSystem.FileSystem> }>()(
  "@deploys/local-target/test/Faults"
) {
  static readonly layer = Layer.effectContext(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const faults = Faults.of({ current: {} })
      const faulty = FileSystem.FileSystem.of({
        ...fs,
        sink: (...args) => (faults.current.sink ?? fs.sink)(...args),
        rename: (...args) => (faults.current.rename ?? fs.rename)(...args),
        makeDirectory: (...args) => (faults.current.makeDirectory ?? fs.makeDirectory)(...args)
      })
      return Context.make(FileSystem.FileSystem, faulty).pipe(Context.add(Faults, faults))
    })
  )
}

/** Published below a folder that is gone when the test is over. */
export const publication = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return Publication.layer({ root: yield* fs.makeTempDirectoryScoped({ prefix: "sites-" }) })
  })
).pipe(Layer.provideMerge(Faults.layer), Layer.provideMerge(NodeServices.layer))

/** Served on a free port of loopback. */
export const server = SiteServer.layer.pipe(
  Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provideMerge(publication),
  Layer.provideMerge(NodeHttpClient.layerNodeHttp)
)

/** The whole of it: what a host composes. */
export const target = LocalTarget.layer.pipe(Layer.provideMerge(Artifacts.layer), Layer.provideMerge(server))

/** What a server answered. */
export interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | ReadonlyArray<string>>
  readonly bytes: Uint8Array
  readonly text: string
}

interface AskOptions {
  readonly method?: string
  readonly headers?: Record<string, string>
}

/** Asks the running server as the host, over a socket. The path is sent as it is, which no URL of a client would do. */
export const ask = Effect.fnUntraced(function* (host: string, path: string, options: AskOptions = {}) {
  const { port } = yield* SiteServer
  const { headers, method = "GET" } = options
  return yield* Effect.callback<Answer, Error>((resume) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers: { ...headers, host } }, (response) => {
      void buffer(response).then(
        (bytes) =>
          resume(
            Effect.succeed({
              status: response.statusCode ?? 0,
              headers: response.headers,
              bytes: new Uint8Array(bytes),
              text: bytes.toString()
            })
          ),
        (cause) => resume(Effect.fail(new Error("The answer broke off", { cause })))
      )
    })
    sent.on("error", (cause) => resume(Effect.fail(cause)))
    sent.end()
  })
})
