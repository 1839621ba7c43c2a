import type { ArtifactError, ArtifactFile, ArtifactLocator, DeployId } from "@deploys/core"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { type AssetHash, hashAsset } from "./AssetHash.ts"

/** The hash of every file that is served, by its path in the artifact. */
export type AssetManifest = ReadonlyMap<string, AssetHash>

/** Files read at the same time. */
const concurrency = 8
/** Artifacts whose hashes are kept, and hashes in all of them. */
const maxArtifacts = 64
const maxHashes = 200_000

interface Kept {
  readonly revision: string
  readonly hash: AssetHash
}

/** Hashes of files that are known to be the same as before, of the artifacts used last. */
export const makeHashCache = () => {
  const artifacts = new Map<string, Map<string, Kept>>()

  const use = (artifact: string) => {
    const kept = artifacts.get(artifact) ?? new Map<string, Kept>()
    artifacts.delete(artifact)
    artifacts.set(artifact, kept)
    return kept
  }

  const trim = () => {
    const count = () => artifacts.values().reduce((sum, kept) => sum + kept.size, 0)
    for (const artifact of artifacts.keys()) {
      if (artifacts.size <= maxArtifacts && count() <= maxHashes) return
      artifacts.delete(artifact)
    }
  }

  return {
    get: (artifact: string, path: string, revision: string): AssetHash | undefined => {
      const kept = use(artifact).get(path)
      return kept?.revision === revision ? kept.hash : undefined
    },
    set: (artifact: string, path: string, kept: Kept) => void use(artifact).set(path, kept),
    trim
  }
}

/** Hashes of files that are known to be the same as before. */
export type HashCache = ReturnType<typeof makeHashCache>

/**
 * Hashes the files of an artifact, those alone that the cache doesn't know. Where the store can't tell whether a file is the
 * same as before, it is taken to be for the length of one deploy. `hashed` is told of bytes and files as they are done.
 */
export const makeManifest = (options: {
  readonly artifact: ArtifactLocator
  readonly deployId: DeployId
  readonly files: ReadonlyArray<ArtifactFile>
  readonly cache: HashCache
  readonly hashed: (bytes: number, files: number) => Effect.Effect<void>
}): Effect.Effect<AssetManifest, ArtifactError> =>
  Effect.suspend(() => {
    const { artifact, cache, deployId, files, hashed } = options
    const manifest = new Map<string, AssetHash>()
    const unknown: Array<ArtifactFile> = []
    let known = 0
    for (const file of files) {
      const kept = cache.get(artifact, file.path, file.revision ?? deployId)
      // Either way the path has its place, so that equal files make equal manifests.
      manifest.set(file.path, kept ?? "")
      if (kept === undefined) unknown.push(file)
      else known += file.size
    }
    const add = ({ content, path, revision = deployId, size }: ArtifactFile) =>
      Effect.flatMap(hashAsset(path, size, content), (hash) => {
        manifest.set(path, hash)
        cache.set(artifact, path, { revision, hash })
        return hashed(size, 1)
      })
    return hashed(known, files.length - unknown.length).pipe(
      Effect.andThen(Effect.forEach(unknown, add, { concurrency, discard: true })),
      Effect.ensuring(Effect.sync(cache.trim)),
      Effect.as(manifest)
    )
  })

/** One digest for all of a manifest: two of them are the same when all their files are. */
export const digestOf = (manifest: AssetManifest): string => {
  const hash = createHash("sha256")
  for (const [path, asset] of manifest) hash.update(`${path}\n${asset}\n`)
  return hash.digest("hex")
}

/** The manifest as Cloudflare reads it: raw paths behind a slash. */
export const manifestJson = (manifest: AssetManifest): string =>
  JSON.stringify(Object.fromEntries([...manifest].map(([path, hash]) => [`/${path}`, hash])))
