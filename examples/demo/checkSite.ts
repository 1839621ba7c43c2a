import { Effect, FileSystem, Path, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"

/** The site is not served as it lies in its folder. */
export class SiteDiffers extends Schema.TaggedError<SiteDiffers>()("SiteDiffers", { message: Schema.String }) {}

/** No resolver is asked for names below `localhost`: the request goes to this machine, and the `Host` says which site is meant. */
const get = Effect.fnUntraced(function* (address: URL, file: string) {
  const path = file.split("/").map(encodeURIComponent).join("/")
  const request = HttpClientRequest.get(`http://127.0.0.1:${address.port}/${path}`)
  // Cloudflare Pages leads from a page to the same without `.html`.
  const client = HttpClient.followRedirects(yield* HttpClient.HttpClient, 2)
  return yield* client.execute(HttpClientRequest.setHeader(request, "host", address.host))
})

const checkFile = Effect.fnUntraced(function* (folder: string, address: URL, file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const response = yield* get(address, file)
  const [served, wanted] = yield* Effect.all([response.arrayBuffer, fs.readFile(path.join(folder, file))])
  if (response.status !== 200 || !Buffer.from(served).equals(wanted))
    return yield* new SiteDiffers({ message: `${address.href}${file} answers ${response.status} with other bytes` })
  return wanted.length
})

/** Compares every file of the folder with what the address serves, byte for byte; answers with how many there are. */
export const checkSite = Effect.fn("checkSite")(function* (folder: string, address: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const files = yield* Stream.fromIterable(yield* fs.readDirectory(folder, { recursive: true })).pipe(
    Stream.filterEffect((file) => Effect.map(fs.stat(path.join(folder, file)), ({ type }) => type === "File")),
    Stream.runCollect
  )
  yield* Effect.forEach(files, (file) => checkFile(folder, new URL(address), file), { concurrency: 4 })
  return files.length
})
