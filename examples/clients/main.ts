/**
 * Two typed clients on one ready server: `generated` has its types from the server's OpenAPI document, by
 * openapi-typescript, and `effect.ts` from the API's definition. The server runs nothing, so that deploys wait and can be
 * cancelled. Each client checks what it gets; then this ends.
 */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const data = mkdtempSync(join(tmpdir(), "deploys-clients-"))
const { PATH } = process.env
const server = spawn(process.execPath, [here("../../packages/server/src/bin.ts"), "serve"], {
  env: { PATH, DATA_DIR: data, PORT: "0", SITES_PORT: "0", RUNNER: "off" },
  stdio: ["ignore", "pipe", "inherit"]
})

/** A command of a package that this example depends on. */
const bin = (name: string, path: string) =>
  join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), path)

const run = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) =>
  execFileSync(process.execPath, args, { cwd: here("generated"), env: { PATH, ...env }, stdio: "inherit" })

try {
  const [line = ""] = await once(createInterface(server.stdout), "line")
  const url = /http:\S+/.exec(line)?.[0] ?? ""
  const token = readFileSync(join(data, "root-token"), "utf8").trim()

  run([bin("openapi-typescript", "bin/cli.js"), `${url}/openapi.json`, "--output", "api.d.ts"])
  run([bin("typescript", "bin/tsc"), "--project", "."])
  run(["main.ts"], { DEPLOYS_URL: url, DEPLOYS_TOKEN: token })
  run(["../effect.ts"], { DEPLOYS_URL: url, DEPLOYS_TOKEN: token })
} finally {
  server.kill()
  await once(server, "exit")
  rmSync(data, { recursive: true })
}
