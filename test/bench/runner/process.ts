import { spawn } from "node:child_process"
import { cpuOf } from "../lists/processes.ts"

/** What a child has used and how long its work took. */
export interface Work {
  readonly seconds: number
  /** Processor time of the process while it worked, in seconds. */
  readonly cpu: number
}

const lines = (onLine: (line: Readonly<Record<string, unknown>>) => void) => {
  let text = ""
  return (chunk: Buffer) => {
    const parts = (text + chunk.toString()).split("\n")
    text = parts.pop() ?? ""
    for (const part of parts) if (part.startsWith("{")) onLine(JSON.parse(part))
  }
}

/** Runs a script to its end. Where it says that it is ready, `onReady` comes first, and then it is told to go on. */
export const runChild = (
  file: string,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  onReady: () => Promise<void>
): Promise<Work> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "inherit"]
    })
    const stop = () => void child.kill("SIGKILL")
    process.once("exit", stop)
    let [seconds, cpu, before] = [Number.NaN, 0, 0]
    const goOn = async () => {
      await onReady()
      before = cpuOf(child.pid ?? 0)
      child.stdin.write("\n")
    }
    const onLine = lines((line) => {
      if (line["ready"] === true) {
        void goOn().catch(reject)
      } else if (typeof line["seconds"] === "number") {
        seconds = line["seconds"]
        cpu = cpuOf(child.pid ?? 0) - before
      }
    })
    child.stdout.on("data", onLine)
    child.once("error", reject)
    child.once("exit", (code) => {
      process.off("exit", stop)
      if (code === 0) resolve({ seconds, cpu })
      else reject(new Error(`${file} ended with ${code}`))
    })
  })
