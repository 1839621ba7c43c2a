import { execFileSync, spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"

const pinned = existsSync("/usr/bin/taskset")

/** A command on one core, where the machine can do that. */
const onCore = (core: number, command: ReadonlyArray<string>) =>
  pinned ? ["/usr/bin/taskset", "-c", String(core), ...command] : command

/** A server: a child process that says in its first line of JSON where it is. */
export interface Server {
  readonly pid: number
  readonly says: Readonly<Record<string, unknown>>
  readonly stop: () => void
}

/** Starts a server on the first core, with these flags of Node's. It ends with this process. */
export const startServer = (
  file: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
  flags: ReadonlyArray<string> = []
) =>
  new Promise<Server>((resolve, reject) => {
    const [command = "", ...args] = onCore(0, [process.execPath, ...flags, file])
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] })
    const stop = () => void child.kill("SIGKILL")
    let text = ""
    process.once("exit", stop)
    child.once("exit", (code) => reject(new Error(`${file} ended with ${code}`)))
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString()
      const line = text.split("\n").find((candidate) => candidate.startsWith("{"))
      if (line !== undefined && text.endsWith("\n")) resolve({ pid: child.pid ?? 0, says: JSON.parse(line), stop })
    })
  })

/** Runs a script on the second core to its end; its output is JSON. */
export const runScript = (file: string, argument: unknown) =>
  new Promise<unknown>((resolve, reject) => {
    const [command = "", ...args] = onCore(1, [process.execPath, file, JSON.stringify(argument)])
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] })
    let text = ""
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()))
    child.once("close", (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`${file}: ${code}`))))
  })

const statOf = (pid: number | string) => {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number)
  return { parent: fields[1] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) }
}

const ticksPerSecond = pinned ? Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : 100

/** The processor time that a process has used, in seconds. */
export const cpuOf = (pid: number): number => statOf(pid).ticks / ticksPerSecond

/** The processor time that the children of a process have used which are there, in seconds. */
export const cpuOfChildren = (pid: number): number =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [statOf(name)]
      } catch {
        return []
      }
    })
    .filter(({ parent }) => parent === pid)
    .reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond

/** The parent of a process. */
export const parentOf = (pid: number): number => statOf(pid).parent

/** The memory of a process, in MiB. */
export const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024
