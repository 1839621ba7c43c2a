import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const root = fileURLToPath(new URL("../../..", import.meta.url))

const folder = join(root, "node_modules/.cache/deploys-chaos", String(process.pid))
process.once("exit", () => rmSync(folder, { recursive: true, force: true }))

/** A node's script as one file: it starts five times as fast as from the sources, which counts where it starts a hundred times. */
export const bundled: Promise<string> = (async () => {
  const bundle = await rolldown({
    input: join(dirname(fileURLToPath(import.meta.url)), "nodeProcess.ts"),
    platform: "node",
    external: /^@electric-sql\//u,
    logLevel: "silent"
  })
  await bundle.write({ dir: folder, format: "esm", codeSplitting: false, entryFileNames: "[name].mjs" })
  await bundle.close()
  return join(folder, "nodeProcess.mjs")
})()

/** Where modules are kept compiled, for all processes of a run. */
export const compileCache = join(folder, "compiled")
