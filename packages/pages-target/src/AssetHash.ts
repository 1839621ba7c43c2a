import { Effect, Stream } from "effect"
import { createBLAKE3, type IHasher } from "hash-wasm"
import { makeBase64 } from "./internal/base64.ts"

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
/** Files up to this size, in bytes, are read whole. */
const small = 256 * 1024

const encoder = new TextEncoder()
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/** Feeds a file to a hasher. Each call leaves the scratch buffer to the next: nothing in it outlives the call. */
const feed = (blake3: IHasher, path: string) => {
  blake3.init()
  const base64 = makeBase64((text) => void blake3.update(scratch.subarray(0, scratch.write(text, "latin1"))))
  return {
    add: base64.add,
    end: () => {
      base64.end()
      return blake3
        .update(encoder.encode(extensionOf(path)))
        .digest("hex")
        .slice(0, digits)
    }
  }
}

const makeHasher = Effect.promise(() => createBLAKE3())
let ready: Promise<IHasher> | undefined
const shared = Effect.promise(() => (ready ??= createBLAKE3()))

const hashWhole = <E, R>(path: string, content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.flatMap(shared, (blake3) =>
    Effect.map(Stream.runCollect(content), (pieces) => {
      const hasher = feed(blake3, path)
      for (const piece of pieces) hasher.add(piece)
      return hasher.end()
    })
  )

const hashStream = <E, R>(path: string, content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.flatMap(makeHasher, (blake3) => {
    const hasher = feed(blake3, path)
    return Effect.map(
      Stream.runForEach(content, (piece) => Effect.sync(() => hasher.add(piece))),
      () => hasher.end()
    )
  })

/**
 * The hash of a file of `size` bytes: the first 32 digits of BLAKE3 over the base64 text of its bytes, followed by its
 * extension. Neither the rest of its path nor its type is in it. A large file is not held in memory.
 */
export const hashAsset = <E, R>(
  path: string,
  size: number,
  content: Stream.Stream<Uint8Array, E, R>
): Effect.Effect<AssetHash, E, R> => (size <= small ? hashWhole(path, content) : hashStream(path, content))
