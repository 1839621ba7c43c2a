import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/**
 * Installs what the peers of a bench need, whose folder is given, into a temporary folder, once for each set of versions: it is
 * too heavy for the workspace.
 */
export const installPeers = (bench: string): string => {
  const sources = join(bench, "peers")
  const manifest = readFileSync(join(sources, "package.json"))
  const folder = join(
    tmpdir(),
    `deploys-bench-peers-${createHash("sha256").update(manifest).digest("hex").slice(0, 12)}`
  )
  mkdirSync(folder, { recursive: true })
  cpSync(sources, folder, { recursive: true })
  const done = join(folder, "node_modules/.installed")
  if (!existsSync(done)) {
    const run = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], {
      cwd: folder,
      stdio: ["ignore", 2, 2]
    })
    if (run.status !== 0) throw new Error("The peers could not be installed")
    writeFileSync(done, "")
  }
  return folder
}
