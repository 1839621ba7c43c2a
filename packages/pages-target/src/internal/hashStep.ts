import { makeStep, type Step, StepError } from "@deploys/core"
import { Effect, Schema } from "effect"
import { digestOf, makeManifest } from "../AssetManifest.ts"
import { counter, type DeployWork, siteFor, sizeOf } from "./deployWork.ts"
import type { Site } from "./siteFiles.ts"
import { fromArtifact } from "./stepErrors.ts"

/** A digest of the manifest, by which later steps know that the artifact is still the same. */
export const Hashed = Schema.Struct({ digest: Schema.String })

/** Hashes every file that is served. */
export const hashStep = (work: DeployWork): Step<typeof Hashed.Type> =>
  makeStep({
    name: "hash",
    output: Hashed,
    run: Effect.fnUntraced(function* ({ progress }) {
      const { assets } = yield* siteFor(work)
      const bytes = yield* counter(sizeOf(assets), "bytes", progress)
      const files = yield* counter(assets.length, "files", progress)
      const manifest = yield* Effect.mapError(
        makeManifest({
          artifact: work.request.artifact,
          deployId: work.request.deploy.id,
          files: assets,
          cache: work.cache,
          hashed: (size, count) => Effect.andThen(bytes(size), files(count))
        }),
        fromArtifact
      )
      return { digest: digestOf(manifest) }
    })
  })

/** The manifest that the hash step has made; of files that are known to be unchanged nothing is read. */
export const manifestOf = Effect.fnUntraced(function* (work: DeployWork, { assets }: Site, digest: string) {
  const manifest = yield* Effect.mapError(
    makeManifest({
      artifact: work.request.artifact,
      deployId: work.request.deploy.id,
      files: assets,
      cache: work.cache,
      hashed: () => Effect.void
    }),
    fromArtifact
  )
  if (digestOf(manifest) === digest) return manifest
  const message = "The artifact has changed since the deploy began"
  return yield* new StepError({ message, code: "artifact_invalid", retryable: false })
})
