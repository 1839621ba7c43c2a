import { type ArtifactFile, ArtifactStore, StepError, type TargetRequest } from "@deploys/core"
import { ByteSize, Context, Effect, Schema } from "effect"
import type { HttpClient } from "effect/http"
import { createHash } from "node:crypto"
import { Publication } from "../Publication.ts"
import type { SiteName } from "../SiteHost.ts"
import type { SiteServer } from "../SiteServer.ts"
import { fromArtifact, fromPlatform } from "./stepErrors.ts"

/** What the steps of one deploy work with. */
export interface DeployWork {
  readonly request: TargetRequest
  readonly site: SiteName
  readonly services: Context.Context<ArtifactStore | HttpClient.HttpClient | Publication | SiteServer>
}

/** How large a site is. */
export const SiteSize = Schema.Struct({ files: Schema.Natural, bytes: Schema.Natural })

/** The site's size in numbers. */
export const sizeOf = (files: ReadonlyArray<ArtifactFile>): typeof SiteSize.Type => ({
  files: files.length,
  bytes: files.reduce((sum, file) => sum + file.size, 0)
})

/** The site's size in words. */
export const describeSize = ({ bytes, files }: typeof SiteSize.Type): string =>
  `${files} ${files === 1 ? "file" : "files"}, ${ByteSize.format(ByteSize.bytes(bytes))}`

/** The files to be put live. */
export const artifactFiles = ({ request, services }: DeployWork) =>
  Context.get(services, ArtifactStore).files(request.artifact).pipe(Effect.mapError(fromArtifact))

/** What a later step goes by to see that it puts live what was looked over: the SHA-256 of all paths and sizes. */
export const listingOf = (files: ReadonlyArray<ArtifactFile>): string => {
  const hash = createHash("sha256")
  for (const { path, size } of files) hash.update(`${path}\0${size}\0`)
  return hash.digest("hex")
}

/** The files to be put live, as long as none has come, gone or changed its size since they were looked over. */
export const sameFiles = Effect.fnUntraced(function* (
  work: DeployWork,
  seen: typeof SiteSize.Type & { readonly listing: string }
) {
  const files = yield* artifactFiles(work)
  if (listingOf(files) === seen.listing) return files
  return yield* new StepError({
    message: `The artifact has changed since it was looked over: ${describeSize(seen)} then, ${describeSize(sizeOf(files))} now`,
    code: "artifact_invalid",
    retryable: false
  })
})

/** What production serves. A site that another entity is live on can't be this entity's. */
export const liveDeploy = Effect.fnUntraced(function* ({ request, services, site }: DeployWork) {
  const live = yield* Context.get(services, Publication).live(site).pipe(Effect.mapError(fromPlatform))
  if (live === null || live.entityId === request.entity.id) return live
  return yield* new StepError({
    message: `The site ${site} belongs to the entity ${live.entityId}, which is live there`,
    code: "target_rejected",
    retryable: false
  })
})
