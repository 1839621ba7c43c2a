import { Effect, Layer, Schema, Stream } from "effect"
import type { ArtifactLocator } from "../domain/Build.ts"
import { compareText } from "../list/Collation.ts"
import {
  type ArtifactError,
  type ArtifactFile,
  ArtifactInvalid,
  ArtifactPath,
  ArtifactStore
} from "../ports/ArtifactStore.ts"

/** The files of an artifact by path; text is kept as UTF-8. */
export type ArtifactContents = Readonly<Record<string, string | Uint8Array>>

const decodePath = Schema.decodeUnknownEffect(ArtifactPath)

/**
 * An `ArtifactStore` that holds these artifacts by their locators, for tests:
 *
 * ```ts
 * MemoryArtifacts.layerOf({ "art-1": { "index.html": "<h1>hi</h1>" } })
 * ```
 */
export const layerOf = (artifacts: Readonly<Record<string, ArtifactContents>>): Layer.Layer<ArtifactStore> =>
  Layer.sync(ArtifactStore, () => {
    const kept = new Map<string, ArtifactContents>(Object.entries(artifacts))
    return {
      files: Effect.fn("ArtifactStore.files")(function* (artifact: ArtifactLocator) {
        const contents = kept.get(artifact)
        if (contents === undefined) return yield* invalid("missing", `There is no artifact ${artifact}`)
        const files = yield* Effect.forEach(Object.entries(contents), ([path, content]) => fileOf(path, content))
        if (files.length === 0) return yield* invalid("empty", "The artifact has no file")
        return files.toSorted((a, b) => compareText(a.path, b.path))
      })
    }
  })

const invalid = (reason: ArtifactInvalid["reason"], detail: string, path: string | null = null) =>
  new ArtifactInvalid({ reason, path, detail })

const fileOf = (given: string, content: string | Uint8Array): Effect.Effect<ArtifactFile, ArtifactError> =>
  Effect.map(
    Effect.mapError(decodePath(given), (error) => invalid("path", error.message, given)),
    (path) => {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
      return { path, size: bytes.byteLength, content: Stream.sync(() => bytes.slice()) }
    }
  )
