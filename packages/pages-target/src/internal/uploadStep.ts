import { makeStep, type Step } from "@deploys/core"
import { Effect, Schema } from "effect"
import { packBuckets } from "../UploadBucket.ts"
import { contentTypeOf } from "./contentType.ts"
import { counter, describeSize, type DeployWork, noticing, siteFor, sizeOf, stepRetry } from "./deployWork.ts"
import { type Hashed, manifestOf } from "./hashStep.ts"
import { fromPagesLater, fromUpload } from "./stepErrors.ts"

/** How many different files there are, how many of them Cloudflare had not, and their bytes. */
export const Uploaded = Schema.Struct({ distinct: Schema.Natural, uploaded: Schema.Natural, bytes: Schema.Natural })

/**
 * Uploads the files that Cloudflare hasn't, each once. What arrives twice does no harm, so a cancel may stop it anywhere: no
 * request begins then, and those in flight end by themselves.
 */
export const uploadStep = (work: DeployWork, hash: Step<typeof Hashed.Type>): Step<typeof Uploaded.Type> => {
  const { api, project, settings } = work
  const register = (hashes: ReadonlyArray<string>, log: (message: string, level: "warn") => Effect.Effect<void>) =>
    // Without it the next deploy uploads more than it had to, and nothing else.
    Effect.catchTag(api.registerAssets(project, hashes), "PagesError", (error) => log(error.message, "warn"))

  return makeStep({
    name: "upload",
    output: Uploaded,
    retry: stepRetry(settings),
    attemptTimeout: "40 minutes",
    timeout: "50 minutes",
    run: Effect.fnUntraced(
      function* (context) {
        const site = yield* siteFor(work)
        const manifest = yield* manifestOf(work, site, (yield* context.outputOf(hash)).digest)
        const distinct = new Map(site.assets.map((file) => [manifest.get(file.path) ?? "", file]))
        const hashes = [...distinct.keys()]
        const missing = new Set(yield* Effect.mapError(api.missingAssets(project, hashes), fromPagesLater))
        const assets = [...distinct]
          .filter(([hash]) => missing.has(hash))
          .map(([hash, { content, path, size }]) => ({ hash, size, content, contentType: contentTypeOf(path) }))
        const bytes = yield* counter(sizeOf(assets), "bytes", context.progress)
        const files = yield* counter(assets.length, "files", context.progress)
        yield* Effect.forEach(
          packBuckets(assets),
          (bucket) => Effect.tap(api.uploadAssets(project, bucket, bytes), () => files(bucket.length)),
          { concurrency: settings.uploadConcurrency, discard: true }
        ).pipe(Effect.mapError(fromUpload))
        yield* register(hashes, context.log)
        const sent = [...distinct].filter(([hash]) => missing.has(hash)).map(([, file]) => file)
        yield* context.log(`Uploaded ${describeSize(sent)}; Cloudflare had the other ${hashes.length - sent.length}`)
        return { distinct: hashes.length, uploaded: sent.length, bytes: sizeOf(sent) }
      },
      (effect, context) => noticing(context)(effect)
    )
  })
}
