import { type ArtifactFile, ArtifactInvalid, ArtifactLocator, ArtifactPath, ArtifactStore } from "@deploys/core"
import { Context, Effect, Layer, Stream } from "effect"

/** Contents by path. A test may put in what no store would let through, so paths are not checked. */
export type Tree = Readonly<Record<string, string | Uint8Array>>

const bytesOf = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content

/** A file whose path is taken as it is: a store with a fault. */
export const fileOf = (path: string, content: string | Uint8Array): ArtifactFile => {
  const bytes = bytesOf(content)
  return {
    path: ArtifactPath.make(path, { disableChecks: true }),
    size: bytes.length,
    content: bytes.length === 0 ? Stream.empty : Stream.succeed(bytes)
  }
}

export const filesOf = (tree: Tree): ReadonlyArray<ArtifactFile> =>
  Object.entries(tree).map(([path, content]) => fileOf(path, content))

/** Artifacts that a test registers, and may replace between two steps. */
export class Artifacts extends Context.Service<
  Artifacts,
  { readonly put: (name: string, files: ReadonlyArray<ArtifactFile>) => ArtifactLocator }
>()("@deploys/local-target/test/Artifacts") {
  static readonly layer = Layer.effectContext(
    Effect.sync(() => {
      const artifacts = new Map<string, ReadonlyArray<ArtifactFile>>()
      const store = ArtifactStore.of({
        files: (artifact) =>
          Effect.fromNullishOr(artifacts.get(artifact)).pipe(
            Effect.mapError(
              () => new ArtifactInvalid({ reason: "missing", path: null, detail: "There is no artifact" })
            )
          )
      })
      const put = (name: string, files: ReadonlyArray<ArtifactFile>) => {
        artifacts.set(name, files)
        return ArtifactLocator.make(name)
      }
      return Context.make(ArtifactStore, store).pipe(Context.add(Artifacts, Artifacts.of({ put })))
    })
  )
}
