import { Effect, Stream } from "effect"
import { createBLAKE3, type IHasher } from "hash-wasm"
import { base64 } from "./internal/base64.ts"

/** The name of a file's bytes at Cloudflare: 32 hexadecimal digits. */
export type AssetHash = string

/** The part of a file name behind its last dot, as Node's `extname` has it without the dot: none in `.hidden` or `noext`. */
export const extensionOf = (path: string): string => {
  const name = path.slice(path.lastIndexOf("/") + 1)
  const dot = name.lastIndexOf(".")
  // Node takes a name of nothing but dots for one without extension.
  return dot <= 0 || name === ".." ? "" : name.slice(dot + 1)
}

const digits = 32
const free: Array<IHasher> = []
const hasher = Effect.acquireRelease(
  Effect.suspend(() => {
    const ready = free.pop()
    return ready === undefined ? Effect.promise(() => createBLAKE3()) : Effect.succeed(ready)
  }),
  (one) => Effect.sync(() => free.push(one))
)

const encoder = new TextEncoder()

/**
 * The hash of a file: the first 32 digits of BLAKE3 over the base64 text of its bytes, followed by its extension. Neither
 * the rest of its path nor its type is in it. The content is streamed.
 */
export const hashAsset = <E, R>(
  path: string,
  content: Stream.Stream<Uint8Array, E, R>
): Effect.Effect<AssetHash, E, R> =>
  Effect.scoped(
    Effect.flatMap(hasher, (blake3) => {
      blake3.init()
      return base64(content).pipe(
        Stream.runForEach((text) => Effect.sync(() => void blake3.update(text))),
        Effect.map(() =>
          blake3
            .update(encoder.encode(extensionOf(path)))
            .digest("hex")
            .slice(0, digits)
        )
      )
    })
  )
