import { type ArtifactFile, type Progress, StepError } from "@deploys/core"
import { Effect, Ref, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { createHash } from "node:crypto"
import * as SiteHost from "../SiteHost.ts"
import { fromArtifact } from "./stepErrors.ts"

/** Files of one site that are compared at most. */
export const mostCompared = 1000

const concurrency = 8

/** One comparison: the address' path, still without host, and the file that has to be there. */
interface Page {
  readonly pathname: string
  readonly file: ArtifactFile
}

/** Every file of a site up to the limit, else as many spread evenly over it; `/` besides, where there is an index. */
export const pagesOf = (files: ReadonlyArray<ArtifactFile>, limit = mostCompared): ReadonlyArray<Page> => {
  const every = Math.max(1, files.length / limit)
  const spread = files.filter((_, index) => Math.floor((index + 1) / every) > Math.floor(index / every))
  const index = files.filter((file) => file.path === "index.html").map((file) => ({ pathname: "/", file }))
  const encode = (path: string) => `/${path.split("/").map(encodeURIComponent).join("/")}`
  return [...index, ...spread.map((file) => ({ pathname: encode(file.path), file }))]
}

const digest = <E, R>(content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    return Stream.runForEach(content, (chunk) => Effect.sync(() => hash.update(chunk))).pipe(
      Effect.map(() => hash.digest("hex"))
    )
  })

/**
 * Fetches pages from the running server, as each of the hosts, and compares them with the artifact. Answers with how many
 * were compared.
 */
export const verifyPages = Effect.fnUntraced(function* (options: {
  readonly origin: string
  readonly hosts: ReadonlyArray<SiteHost.SiteHost>
  readonly files: ReadonlyArray<ArtifactFile>
  readonly progress: (progress: Progress) => Effect.Effect<void>
}) {
  const client = yield* HttpClient.HttpClient
  const pages = pagesOf(options.files)
  const done = yield* Ref.make(0)

  const fetch = Effect.fnUntraced(
    function* (host: string, pathname: string) {
      // Not every resolver knows names below `localhost`, so the connection goes to the address and the name in the header.
      const request = HttpClientRequest.get(`${options.origin}${pathname}`).pipe(
        HttpClientRequest.setHeader("host", host)
      )
      const response = yield* client.execute(request)
      return { status: response.status, sha256: yield* digest(response.stream) }
    },
    Effect.mapError((error) => new StepError({ message: `The sites' server did not answer: ${error.message}` }))
  )

  const compare = Effect.fnUntraced(function* ({ file, pathname }: Page) {
    const wanted = yield* Effect.mapError(digest(file.content), fromArtifact)
    for (const host of options.hosts.map(SiteHost.format)) {
      const { sha256, status } = yield* fetch(host, pathname)
      if (status === 200 && sha256 === wanted) continue
      const fault = status === 200 ? "differs from the artifact" : `answers ${status} instead of 200`
      return yield* new StepError({ message: `http://${host}${pathname} ${fault}`, retryable: status >= 500 })
    }
    const count = yield* Ref.updateAndGet(done, (count) => count + 1)
    yield* options.progress({ done: count, total: pages.length, unit: "files" })
  })

  yield* Effect.forEach(pages, compare, { concurrency, discard: true })
  return pages.length
})
