import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** So many files in folders of 50: pages of text and pictures of noise, the same in every run, a few of them of a megabyte. */
export const writeSite = (folder: string, files: number, bytes: number) => {
  let state = 7
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  const weights = Array.from({ length: files }, () => 0.02 + random() ** 6)
  const sum = weights.reduce((left, right) => left + right, 0)
  for (const [index, weight] of weights.entries()) {
    const content = Buffer.alloc(Math.round((weight / sum) * bytes))
    for (let at = 0; at < content.length; at += 4)
      content.writeUInt32LE((random() * 2 ** 32) >>> 0, Math.min(at, Math.max(0, content.length - 4)))
    const path = join(folder, `d${index % 40}`, `f${index}.${index % 3 === 0 ? "html" : "bin"}`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  writeFileSync(join(folder, "index.html"), "<h1>bench</h1>")
}
