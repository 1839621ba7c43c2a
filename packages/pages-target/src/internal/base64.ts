/** Bytes of the base64 text of so many bytes. */
export const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4

/** Bytes that are turned into text at once: a multiple of three, and small enough for the text to be short-lived. */
const slice = 24 * 1024

/**
 * Turns bytes that come in pieces into one base64 text, which is handed on in pieces too. What is left of three bytes waits
 * for the next piece.
 */
export const makeBase64 = (write: (text: string) => void) => {
  let rest = Buffer.alloc(0)
  const text = (bytes: Buffer, end: number) => {
    for (let at = 0; at < end; at += slice) write(bytes.toString("base64", at, Math.min(at + slice, end)))
  }
  return {
    add: (piece: Uint8Array) => {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      const end = all.length - (all.length % 3)
      text(all, end)
      rest = Buffer.from(all.subarray(end))
    },
    end: () => {
      text(rest, rest.length)
      rest = Buffer.alloc(0)
    }
  }
}
