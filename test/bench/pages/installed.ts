import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs"
import { createRequire, stripTypeScriptTypes } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const repository = fileURLToPath(new URL("../../..", import.meta.url))
const ours = ["core", "pages-target"]
const theirs = ["effect", "@effect/platform-node", "hash-wasm", "mime"]

/** The built package as it is when it is published: its JavaScript, and the exports that lead to it. */
const install = (modules: string, name: string) => {
  const from = join(repository, "packages", name)
  const to = join(modules, "@deploys", name)
  cpSync(join(from, "dist"), join(to, "dist"), { recursive: true })
  const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"))
  writeFileSync(join(to, "package.json"), JSON.stringify({ ...manifest, ...publishConfig }))
}

const link = (modules: string, name: string) => {
  mkdirSync(dirname(join(modules, name)), { recursive: true })
  symlinkSync(realpathSync(join(repository, "packages/pages-target/node_modules", name)), join(modules, name))
}

/** Installs the packages as users have them, built, into a folder, and a script beside them; answers with its path. */
export const installed = (folder: string, script: string): string => {
  const modules = join(folder, "node_modules")
  for (const name of ours) install(modules, name)
  for (const name of theirs) link(modules, name)
  const path = join(folder, script.replace(/\.ts$/, ".js"))
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
  writeFileSync(path, stripTypeScriptTypes(readFileSync(new URL(script, import.meta.url), "utf8")))
  return path
}

const wrangler = realpathSync(join(repository, "packages/pages-target/node_modules/wrangler/package.json"))
const requireOfCommonJs = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url)`

/** Puts a script and all that it imports into one file beside it, as wrangler is one, by the bundler that wrangler brings. */
export const bundled = (script: string): string => {
  const path = script.replace(/\.js$/, ".bundled.js")
  const options = ["--bundle", "--minify", "--platform=node", "--format=esm", "--main-fields=module,main"]
  const args = [script, `--outfile=${path}`, `--banner:js=${requireOfCommonJs}`, "--log-level=error", ...options]
  const { status } = spawnSync(process.execPath, [createRequire(wrangler).resolve("esbuild/bin/esbuild"), ...args], {
    stdio: "inherit"
  })
  if (status !== 0) process.exit(1)
  return path
}
