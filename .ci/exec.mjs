// Runs one program as if it had been typed instead of this one: same terminal, same signals, same exit code.
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { dirname, delimiter } from "node:path"
import { isatty } from "node:tty"
import { node } from "./setup.mjs"

export function exec(args, { cwd = process.cwd() } = {}) {
  // What the program starts with a bare `node` is to be the pinned one too.
  const env = { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH }
  const child = spawn(node, args, { cwd, env, stdio: "inherit" })
  // In a terminal Ctrl-C reaches the child by itself, and once is enough; a `kill` reaches only this process.
  const inTerminal = [0, 1, 2].some((fd) => isatty(fd))
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !inTerminal) child.kill(signal)
    })
  }
  child.on("error", (error) => {
    console.error(error.message)
    process.exit(1)
  })
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}
