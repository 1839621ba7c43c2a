import type { ArtifactError } from "@deploys/core"
import { Effect, Stream } from "effect"
import { base64, base64Length } from "./base64.ts"

/** A file to upload. */
export interface UploadAsset {
  readonly hash: string
  readonly contentType: string
  /** Bytes. */
  readonly size: number
  readonly content: Stream.Stream<Uint8Array, ArtifactError>
}

const encoder = new TextEncoder()

const head = ({ hash }: UploadAsset, index: number) =>
  encoder.encode(`${index === 0 ? "[" : ","}{"key":${JSON.stringify(hash)},"value":"`)

const tail = ({ contentType }: UploadAsset, last: boolean) =>
  encoder.encode(`","metadata":{"contentType":${JSON.stringify(contentType)}},"base64":true}${last ? "]" : ""}`)

/** Bytes of the body for these files. */
export const uploadLength = (assets: ReadonlyArray<UploadAsset>): number =>
  assets.reduce(
    (sum, asset, index) =>
      sum + head(asset, index).length + base64Length(asset.size) + tail(asset, index === assets.length - 1).length,
    0
  )

/** Chunks under this size are sent together: each has its price. */
const packet = 128 * 1024

const packed = <E, R>(chunks: Stream.Stream<Uint8Array, E, R>) =>
  Stream.suspend(() => {
    let waiting: Array<Uint8Array> = []
    let size = 0
    const flush = () => {
      const all = Buffer.concat(waiting)
      waiting = []
      size = 0
      return all
    }
    const add = (chunk: Uint8Array) => {
      waiting.push(chunk)
      size += chunk.length
      return size < packet ? [] : [flush()]
    }
    return Stream.concat(
      Stream.flattenIterable(Stream.map(chunks, add)),
      Stream.suspend(() => (size === 0 ? Stream.empty : Stream.succeed(flush())))
    )
  })

/** The body of an upload: JSON text, made as it is sent. `read` is told of every chunk of a file. */
export const uploadBody = (
  assets: ReadonlyArray<UploadAsset>,
  read: (bytes: number) => Effect.Effect<void>
): Stream.Stream<Uint8Array, ArtifactError> =>
  packed(
    Stream.flatMap(Stream.fromIterable(assets.entries()), ([index, asset]) =>
      Stream.succeed(head(asset, index)).pipe(
        Stream.concat(base64(Stream.tap(asset.content, (chunk) => read(chunk.length)))),
        Stream.concat(Stream.succeed(tail(asset, index === assets.length - 1)))
      )
    )
  )
