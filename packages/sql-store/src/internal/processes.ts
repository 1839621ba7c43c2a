import { Effect, Option } from "effect"
import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { promisify } from "node:util"
import { hasCode } from "./hasCode.ts"

/** When a process started, in a form to compare: the kernel's own count where there is one, else what `ps` says. */
export const startOf = (pid: number): Effect.Effect<Option.Option<string>> =>
  statOf(pid).pipe(
    Effect.map(({ start }) => start),
    Effect.catch(() =>
      Effect.tryPromise(() => promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)])).pipe(
        Effect.map(({ stdout }) => stdout.trim().replaceAll(/\W+/g, "-"))
      )
    ),
    Effect.option
  )

/** Whether the process that started then is there; where starts can't be told, any with its number counts. */
export const isAlive = Effect.fnUntraced(function* (pid: number, start: string) {
  if (!(yield* answers(pid))) return false
  // Until its parent looks, a killed process stays as a zombie.
  const isZombie = yield* Effect.match(statOf(pid), { onFailure: () => false, onSuccess: ({ state }) => state === "Z" })
  if (isZombie) return false
  return Option.match(yield* startOf(pid), { onNone: () => true, onSome: (present) => present === start })
})

/** Fields of Linux's `/proc/PID/stat`, counted from behind the name, which may hold spaces and brackets. */
const statOf = Effect.fnUntraced(function* (pid: number) {
  const text = yield* Effect.tryPromise(() => readFile(`/proc/${pid}/stat`, "utf8"))
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  return { state: fields[0] ?? "", start: fields[19] ?? "" }
})

/** Signal 0 only asks. A process of somebody else's refuses, and so is there. */
const answers = (pid: number) =>
  Effect.match(Effect.try({ try: () => process.kill(pid, 0), catch: (cause) => cause }), {
    onFailure: (cause) => !hasCode(cause, "ESRCH"),
    onSuccess: () => true
  })
