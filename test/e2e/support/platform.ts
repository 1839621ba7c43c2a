import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer, Path } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"

/** Files, processes and sockets of this machine. */
export const platform = Layer.merge(NodeServices.layer, NodeHttpClient.layerNodeHttp)

/** A folder that goes with the test. */
export const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.makeTempDirectoryScoped({ prefix: "deploys-e2e-" })
)

/** A folder with these files. */
export const siteOf = Effect.fnUntraced(function* (files: Readonly<Record<string, string>>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* temporary
  for (const [name, content] of Object.entries(files)) {
    yield* fs.makeDirectory(path.dirname(path.join(folder, name)), { recursive: true })
    yield* fs.writeFileString(path.join(folder, name), content)
  }
  return folder
})

/** What a site's address answers. Resolvers need not know names below `localhost`, so the request goes to loopback. */
export const served = Effect.fnUntraced(function* (address: string, file: string) {
  const { host, port } = new URL(address)
  const response = yield* HttpClientRequest.get(`http://127.0.0.1:${port}/${file}`).pipe(
    HttpClientRequest.setHeader("host", host),
    HttpClient.execute
  )
  return { status: response.status, text: yield* response.text }
})
