/** One entry of a tar that no well-meaning tool would write: every field is as it is given. */
export interface RawEntry {
  readonly name: string
  readonly type?: string
  readonly content?: string | Uint8Array
  /** Where it is not the content's own. */
  readonly size?: number
  readonly link?: string
  readonly checksum?: number
}

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`

const header = ({ checksum, content = "", link = "", name, size, type = "0" }: RawEntry) => {
  const block = Buffer.alloc(512)
  block.write(name, 0, 100, "utf8")
  block.write(octal(0o644, 8), 100)
  block.write(octal(0, 8), 108)
  block.write(octal(0, 8), 116)
  block.write(octal(size ?? Buffer.byteLength(content), 12), 124)
  block.write(octal(0, 12), 136)
  block.write("        ", 148)
  block.write(type, 156)
  block.write(link, 157, 100, "utf8")
  block.write("ustar\u000000", 257)
  block.write(octal(checksum ?? block.reduce((sum, byte) => sum + byte, 0), 7), 148)
  return block
}

const padded = (content: string | Uint8Array) => {
  const bytes = Buffer.from(content)
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}

/** The entries as tar writes them, with the two empty blocks behind. */
export const rawTar = (entries: ReadonlyArray<RawEntry>): Uint8Array<ArrayBuffer> => {
  const blocks = entries.flatMap((entry) => [header(entry), padded(entry.content ?? "")])
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}
