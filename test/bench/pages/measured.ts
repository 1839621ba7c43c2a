import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"

/** What a deploy has cost. */
export interface Run {
  readonly millis: number
  /** The most memory that one process had, in MiB. */
  readonly megabytes: number
}

const read = (file: string) => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

/** The most memory that one process of this tree has had, in MiB. */
const peakBelow = (pid: number): number => {
  const own = Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean)
  return Math.max(own, ...children.map((child) => peakBelow(Number(child))))
}

const limitMillis = 120_000

/** Runs a script of Node to its end, and measures the whole of its process. */
export const measured = (args: ReadonlyArray<string>, options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) =>
  new Promise<Run & { readonly output: string }>((resolve, reject) => {
    const began = performance.now()
    const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "pipe"] })
    let megabytes = 0
    const output: Array<string> = []
    const look = setInterval(() => (megabytes = Math.max(megabytes, peakBelow(child.pid ?? 0))), 20)
    const limit = setTimeout(() => child.kill("SIGKILL"), limitMillis)
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(String(chunk)))
    child.on("close", (code) => {
      clearInterval(look)
      clearTimeout(limit)
      const run = { millis: performance.now() - began, megabytes, output: output.join("") }
      if (code === 0) resolve(run)
      else reject(new Error(`${args[0]} ended with ${code}: ${run.output}`))
    })
  })
