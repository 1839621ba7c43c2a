import { NodeStream } from "@effect/platform-node"
import { Effect, Stream } from "effect"
import { createGunzip } from "node:zlib"
import { ArchiveInvalid } from "./ArchiveInvalid.ts"
import type { SiteLimits } from "./SiteLimits.ts"

const malformed = () => new ArchiveInvalid({ reason: "malformed", entry: null, detail: "The body is not valid gzip" })

const bomb = (ratio: number) =>
  new ArchiveInvalid({
    reason: "too-large",
    entry: null,
    detail: `The body unpacks to more than ${ratio} times its size`
  })

/** Reads a few buffers at a time, so that a body of any size takes little memory. */
const gunzipped = NodeStream.pipeThroughDuplex<Uint8Array, ArchiveInvalid>({
  evaluate: () => createGunzip(),
  onError: malformed,
  chunkSize: 8
})

/** Unpacks gzip as it comes, and stops where it grows beyond the limits. */
export const gunzip = (packed: Stream.Stream<Uint8Array, ArchiveInvalid>, limits: (typeof SiteLimits)["Service"]) =>
  Stream.suspend(() => {
    let sent = 0
    let unpacked = 0
    return packed.pipe(
      Stream.map((chunk) => {
        sent += chunk.length
        return chunk
      }),
      gunzipped,
      Stream.mapEffect((chunk) => {
        unpacked += chunk.length
        return unpacked > limits.freeBytes && unpacked > sent * limits.ratio
          ? Effect.fail(bomb(limits.ratio))
          : Effect.succeed(chunk)
      })
    )
  })
