import { Stream } from "effect"

/** Bytes of the base64 text of so many bytes. */
export const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4

const text = (bytes: Uint8Array) =>
  Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"), "latin1")

/** The base64 text of a stream of bytes, as bytes of ASCII. What three bytes have in common is kept over the chunks. */
export const base64 = <E, R>(content: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E, R> =>
  Stream.suspend(() => {
    let rest: Uint8Array = new Uint8Array(0)
    const whole = (chunk: Uint8Array) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const end = bytes.length - (bytes.length % 3)
      rest = bytes.slice(end)
      return text(bytes.subarray(0, end))
    }
    return Stream.concat(
      Stream.map(content, whole),
      Stream.suspend(() => (rest.length === 0 ? Stream.empty : Stream.succeed(text(rest))))
    )
  })
