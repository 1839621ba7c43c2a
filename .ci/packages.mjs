// Builds every package from nothing, packs it as it would be published, lets publint and attw judge the archive, and tries
// the archives in new folders.
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { node, pnpm, root, setup } from "./setup.mjs"
import { trial } from "./trial.mjs"

setup()
const bin = (path) => join(root, "node_modules", path)
const packages = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name))
const archives = mkdtempSync(join(tmpdir(), "deploys-packages-"))
const packed = new Map()
process.on("exit", () => rmSync(archives, { recursive: true, force: true }))

function must(what, run) {
  if (run.status === 0) return
  console.error(`${what} failed${run.error ? `: ${run.error.message}` : ""}`)
  process.exitCode = 1
}

for (const folder of packages) rmSync(join(folder, "dist"), { recursive: true, force: true })
must("the build", spawnSync(node, [bin("typescript/bin/tsc"), "-b"], { cwd: root, stdio: "inherit" }))

for (const folder of packages) {
  const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const index = join(folder, "src/index.ts")
  if (!existsSync(index) || readFileSync(index, "utf8").trim() === "export {}") {
    console.log(`${name}: holds nothing yet`)
    continue
  }
  console.log(`\n${name}`)
  const archive = join(archives, `${name.replace("/", "-")}.tgz`)
  packed.set(name, archive)
  must(`packing ${name}`, pnpm(["pack", "--out", archive], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] }))
  for (const [tool, args] of [
    ["publint/src/cli.js", ["run", archive, "--strict"]],
    ["@arethetypeswrong/cli/dist/index.js", [archive, "--profile", "esm-only", "--format", "ascii", "--no-emoji"]]
  ]) {
    must(
      `${tool.split("/").slice(0, -2).join("/")} on ${name}`,
      spawnSync(node, [bin(tool), ...args], { stdio: "inherit" })
    )
  }
}

console.log("\nin new folders")
await trial(packed)
