// Installs the workspace where that is needed. Runs on any Node from 20 on, before anything is installed, so it has no dependencies.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))
/** The Node that the project pins: everything but this folder's scripts runs on it. */
export const node = join(root, "node_modules/.bin", process.platform === "win32" ? "node.exe" : "node")
const stamp = join(root, "node_modules/.deploys-installed")

/** Installs when the lockfile or a manifest has changed since the last time; otherwise does nothing and says nothing. */
export function setup() {
  const wanted = fingerprint()
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  console.error(`> installing the workspace with ${manager()} (only now, and after a change of dependencies)`)
  // stdout belongs to the command that follows: an installer's words go to stderr.
  const run = pnpm(["install", "--frozen-lockfile", "--reporter=append-only"], { stdio: ["ignore", 2, 2] })
  if (run.status !== 0) {
    console.error(`> the installation failed (${run.error?.message ?? `exit code ${run.status}`})`)
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
  console.error("> installed\n")
}

/** The pinned pnpm, which npm fetches into its own cache: nothing is installed on the machine. */
export function pnpm(args, options) {
  const command = ["exec", "--yes", "--prefer-offline", `--package=${manager()}`, "--", "pnpm", ...args]
  return spawnSync("npm", command, { cwd: root, shell: process.platform === "win32", ...options })
}

function manager() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager
}

function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`)
  const packages = ["packages", "examples"].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}/package.json`)
      : []
  )
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...packages.toSorted()]) {
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.digest("hex")
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup()
