import type { ArtifactError } from "@deploys/core"
import { Effect, Stream } from "effect"
import { base64Length, makeBase64 } from "./base64.ts"

/** A file to upload. */
export interface UploadAsset {
  readonly hash: string
  readonly contentType: string
  /** Bytes. */
  readonly size: number
  readonly content: Stream.Stream<Uint8Array, ArtifactError>
}

const head = ({ hash }: UploadAsset, index: number) =>
  `${index === 0 ? "[" : ","}{"key":${JSON.stringify(hash)},"value":"`

const tail = ({ contentType }: UploadAsset, isLast: boolean) =>
  `","metadata":{"contentType":${JSON.stringify(contentType)}},"base64":true}${isLast ? "]" : ""}`

/** Bytes of the body for these files. */
export const uploadLength = (assets: ReadonlyArray<UploadAsset>): number =>
  assets.reduce(
    (sum, asset, index) =>
      sum +
      Buffer.byteLength(head(asset, index)) +
      base64Length(asset.size) +
      Buffer.byteLength(tail(asset, index === assets.length - 1)),
    0
  )

/** Bytes that are sent together: each piece has its price. */
const packetBytes = 256 * 1024

/** Gathers text into packets. */
const makePackets = () => {
  let packet = Buffer.allocUnsafeSlow(packetBytes)
  let used = 0
  let full: Array<Uint8Array> = []
  const next = () => {
    if (used > 0) full.push(packet.subarray(0, used))
    packet = Buffer.allocUnsafeSlow(packetBytes)
    used = 0
  }
  return {
    write: (text: string) => {
      const bytes = Buffer.byteLength(text)
      if (used + bytes > packetBytes) next()
      used += packet.write(text, used)
    },
    /** The packets that are full; at the end also the last one. */
    take: (isEnd: boolean) => {
      if (isEnd) next()
      const taken = full
      full = []
      return taken
    }
  }
}

/** The body of an upload: JSON text, made as it is sent. `read` is told of every piece of a file. */
export const uploadBody = (
  assets: ReadonlyArray<UploadAsset>,
  read: (bytes: number) => Effect.Effect<void>
): Stream.Stream<Uint8Array, ArtifactError> =>
  Stream.suspend(() => {
    const packets = makePackets()
    const base64 = makeBase64(packets.write)
    const asText = (asset: UploadAsset, index: number) => {
      const add = (piece: Uint8Array) =>
        Effect.map(read(piece.length), () => {
          base64.add(piece)
          return packets.take(false)
        })
      const end = () => {
        base64.end()
        packets.write(tail(asset, index === assets.length - 1))
        return packets.take(index === assets.length - 1)
      }
      return Stream.suspend(() => {
        packets.write(head(asset, index))
        return Stream.concat(Stream.mapEffect(asset.content, add), Stream.sync(end))
      })
    }
    return Stream.fromIterable(assets.entries()).pipe(
      Stream.flatMap(([index, asset]) => asText(asset, index)),
      Stream.flattenIterable
    )
  })
