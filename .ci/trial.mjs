// Tries the packed packages in new folders outside the workspace, in each of the three ways of use: a host that embeds the
// engine in Effect, one that does with promises, and what the README says to type, up to a mounted route that answers.
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { node, root } from "./setup.mjs"

const quiet = { npm_config_audit: "false", npm_config_fund: "false", npm_config_prefer_offline: "true" }
// npm runs on the pinned Node here, which by itself doesn't trust the certificates that the machine was given.
const trust = { NODE_USE_SYSTEM_CA: "1" }
const env = { ...process.env, ...quiet, ...trust, PATH: dirname(node) + delimiter + process.env.PATH }

function must(what, command, args, options) {
  const run = spawnSync(command, args, { env, encoding: "utf8", ...options })
  if (run.status === 0) return run.stdout
  throw new Error(`${what} failed: ${run.error?.message ?? ""}\n${run.stdout}\n${run.stderr}`)
}

const inShell = (cwd, text) => must(text, "sh", ["-euc", text], { cwd })

/** The versions that the workspace pins. */
const pinned = new Map(
  [...readFileSync(join(root, "pnpm-workspace.yaml"), "utf8").matchAll(/^ {2}"?([^":\s]+)"?: (\d\S+)$/gm)].map(
    ([, name, version]) => [name, version]
  )
)

/** Copies an example and installs for it what its manifest asks for: ours as they were packed. */
function example(folder, name, archives) {
  const target = join(folder, name)
  cpSync(join(root, "examples", name, "main.ts"), join(target, "main.ts"))
  const { dependencies, type } = JSON.parse(readFileSync(join(root, "examples", name, "package.json"), "utf8"))
  const wanted = Object.entries(dependencies).map(([name, range]) => [
    name,
    range.startsWith("workspace:") ? `file:${archives.get(name)}` : pinned.get(name)
  ])
  writeFileSync(join(target, "package.json"), JSON.stringify({ type, dependencies: Object.fromEntries(wanted) }))
  must(`installing for ${name}`, "npm", ["install"], { cwd: target })
  console.log(must(name, node, ["main.ts"], { cwd: target }).trim().split("\n").at(-1))
}

const fence = (section, language, number) =>
  [...section.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"))][number][1]

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  return String(port)
}

async function answers(url) {
  for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
  }
  throw new Error(`${url} does not answer`)
}

/** Types the section of the README that mounts the API, in order; only the registry and the port are others. */
async function readme(folder, archives) {
  const readme = readFileSync(join(root, "README.md"), "utf8")
  const section = /^## Mount the HTTP API\n[^]*?^(?=## )/m.exec(readme)[0]
  const port = await freePort()
  const typed = (language, number) => fence(section, language, number).replaceAll("8080", port)
  mkdirSync(folder)
  inShell(
    folder,
    typed("sh", 0).replaceAll(/@deploys\/\w+/g, (name) => archives.get(name))
  )
  writeFileSync(join(folder, "server.ts"), typed("ts", 0))
  const strict = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2024", "server.ts"]
  must("the types of the README", node, [join(root, "node_modules/typescript/bin/tsc"), ...strict], { cwd: folder })
  const server = spawn(node, ["server.ts"], { cwd: folder, env, stdio: "inherit" })
  try {
    await answers(`http://127.0.0.1:${port}/`)
    const said = inShell(folder, typed("sh", 1))
    if (!/^\{"id":"dep_\w+".*\{"data":\[/s.test(said)) throw new Error(`The mounted route answers ${said}`)
    console.log(`README: a mounted route answers ${said.slice(0, 39)} …`)
  } finally {
    server.kill()
    await once(server, "exit")
  }
}

/** `archives` are the packed packages by their names. */
export async function trial(archives) {
  const folder = mkdtempSync(join(tmpdir(), "deploys-trial-"))
  try {
    cpSync(join(root, "examples/site"), join(folder, "site"), { recursive: true })
    example(folder, "embed-effect", archives)
    example(folder, "embed-promise", archives)
    await readme(join(folder, "mount"), archives)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
