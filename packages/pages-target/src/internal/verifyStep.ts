import { type ArtifactError, type ArtifactFile, makeStep, type Step, StepError } from "@deploys/core"
import { Clock, Duration, Effect, Ref, Schema, Stream } from "effect"
import { HttpClient, HttpClientError } from "effect/http"
import { createHash } from "node:crypto"
import type { Created } from "./createStep.ts"
import { type DeployWork, lookSchedule, noticing, siteFor } from "./deployWork.ts"
import { fetchPage } from "./siteFetch.ts"
import type { Site } from "./siteFiles.ts"
import { fromArtifact } from "./stepErrors.ts"

/** How many addresses were fetched and found to serve what the artifact has, and how many lead away from it. */
export const Verified = Schema.Struct({ compared: Schema.Natural, ledAway: Schema.Natural })

type Verdict = "same" | "led-away" | { readonly fault: string }

/** Files to fetch: the index, and others spread evenly over the site. */
const sample = (files: ReadonlyArray<ArtifactFile>, limit: number): ReadonlyArray<ArtifactFile> => {
  const every = Math.max(1, files.length / limit)
  const spread = files.filter((_, index) => Math.floor((index + 1) / every) > Math.floor(index / every))
  return [...new Set([...files.filter(({ path }) => path === "index.html"), ...spread])]
}

const digest = <E, R>(content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    return Effect.map(
      Stream.runForEach(content, (chunk) => Effect.sync(() => hash.update(chunk))),
      () => hash.digest("hex")
    )
  })

/** Whether something was put into a page on its way, as Cloudflare does for some of its services, and nothing taken out. */
const isAddedTo = (page: Uint8Array, original: Uint8Array) => {
  const length = original.length
  let front = 0
  while (front < length && page[front] === original[front]) front++
  let back = 0
  while (back < length - front && page[page.length - 1 - back] === original[length - 1 - back]) back++
  return page.length > length && front + back === length
}

const mostHtml = 1024 * 1024

const urlOf = (base: string, path: string) => new URL(`/${path.split("/").map(encodeURIComponent).join("/")}`, base)

const compare = Effect.fnUntraced(function* (
  base: string,
  { content, path, size }: ArtifactFile
): Effect.fn.Return<Verdict, ArtifactError | HttpClientError.HttpClientError, HttpClient.HttpClient> {
  const url = urlOf(base, path)
  const { elsewhere, response } = yield* fetchPage(url)
  if (elsewhere) return "led-away"
  if (response.status !== 200) return { fault: `${url.href} answers ${response.status} instead of 200` }
  if (size <= mostHtml && (response.headers["content-type"] ?? "").startsWith("text/html")) {
    const page = new Uint8Array(yield* response.arrayBuffer)
    const original = yield* Stream.mkUint8Array(content)
    if (Buffer.compare(page, original) === 0 || isAddedTo(page, original)) return "same"
  } else if ((yield* digest(response.stream)) === (yield* digest(content))) return "same"
  return { fault: `${url.href} differs from the artifact` }
})

/** A worker answers as it likes, as long as it answers. */
const askWorker = Effect.fnUntraced(function* (
  base: string
): Effect.fn.Return<Verdict, HttpClientError.HttpClientError, HttpClient.HttpClient> {
  const { response } = yield* fetchPage(new URL("/", base))
  return response.status < 500 ? "led-away" : { fault: `${base} answers ${response.status}` }
})

const withFaults = <E, R>(check: Effect.Effect<Verdict, E | HttpClientError.HttpClientError, R>) =>
  Effect.catchIf(check, HttpClientError.isHttpClientError, (error) =>
    Effect.succeed<Verdict>({ fault: `The site does not answer: ${error.message}` })
  )

const checksOf = ({ assets, special }: Site, url: string, limit: number) =>
  special.has("_worker.js") || special.has("_worker.bundle")
    ? [withFaults(askWorker(url))]
    : sample(assets, limit).map((file) => Effect.mapError(withFaults(compare(url, file)), fromArtifact))

/**
 * Fetches files from the deployment's own address, and compares them with the artifact: Cloudflare takes wrong hashes without
 * a word, and answers for those files with 500 later. A new address may take a while until it answers.
 */
export const verifyStep = (work: DeployWork, create: Step<typeof Created.Type>): Step<typeof Verified.Type> => {
  const { client, settings } = work
  const limit = Duration.fromInputUnsafe(settings.liveWithin)
  return makeStep({
    name: "verify",
    output: Verified,
    attemptTimeout: Duration.times(limit, 2),
    timeout: Duration.times(limit, 3),
    run: Effect.fnUntraced(
      function* (context) {
        const { url } = yield* context.outputOf(create)
        const checks = checksOf(yield* siteFor(work), url, settings.verifyFiles)
        const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(limit)
        const done = yield* Ref.make(0)
        const patiently = (check: (typeof checks)[number]) =>
          Effect.repeat(check, {
            schedule: lookSchedule(settings),
            until: (verdict) =>
              Effect.map(Clock.currentTimeMillis, (now) => typeof verdict === "string" || now >= until)
          }).pipe(
            Effect.tap(() => Ref.update(done, (count) => count + 1)),
            Effect.tap(() =>
              Effect.flatMap(Ref.get(done), (count) =>
                context.progress({ done: count, total: checks.length, unit: "files" })
              )
            )
          )
        const verdicts = yield* Effect.forEach(checks, patiently, { concurrency: 6 })
        const fault = verdicts.find((verdict) => typeof verdict !== "string")
        if (fault !== undefined) return yield* new StepError({ message: fault.fault, retryable: false })
        const compared = verdicts.filter((verdict) => verdict === "same").length
        yield* context.log(`The deployment serves ${compared} of its files as the artifact has them`)
        work.creations.delete(context.deploy.id)
        work.sites.delete(context.deploy.id)
        return { compared, ledAway: verdicts.length - compared }
      },
      (effect, context) => noticing(context)(effect),
      Effect.provideService(HttpClient.HttpClient, client)
    )
  })
}
