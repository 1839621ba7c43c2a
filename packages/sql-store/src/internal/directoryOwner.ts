import { Effect, Option, Schema } from "effect"
import { mkdir, readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { hasCode } from "./hasCode.ts"
import { isAlive, startOf } from "./processes.ts"

/** Another process, or another layer of this one, has the directory: PGlite would let both in and lose rows. */
export class DirectoryInUse extends Schema.TaggedError<DirectoryInUse>()("DirectoryInUse", {
  directory: Schema.String,
  pid: Schema.Int
}) {
  /** Names the directory and the process. */
  override get message() {
    return `${this.directory} is in use by process ${this.pid}: stop it, or take another directory`
  }
}

/** The directory, or the database in it, can't be opened. */
export class DirectoryUnusable extends Schema.TaggedError<DirectoryUnusable>()("DirectoryUnusable", {
  directory: Schema.String,
  cause: Schema.Defect()
}) {
  /** Names the directory. */
  override get message() {
    return `The database in ${this.directory} can't be opened: ${String(this.cause)}`
  }
}

const ownerFile = /^owner-(\d+)-(\w[\w-]*)$/

/**
 * Makes this process the one owner of a directory until the scope closes.
 *
 * Each process writes a lock file of its own, named by its pid and start time, and only then looks for others: of two at
 * the same moment at least one sees the other. A file whose process is gone is stale; its name never comes again, so
 * whoever finds it may delete it.
 */
export const ownDirectory = Effect.fnUntraced(function* (directory: string) {
  const attempt = <A>(run: () => Promise<A>) =>
    Effect.tryPromise({ try: run, catch: (cause) => new DirectoryUnusable({ directory, cause }) })
  const { pid } = process
  const start = Option.getOrElse(yield* startOf(pid), () => "unknown")
  const own = `owner-${pid}-${start}`
  yield* attempt(() => mkdir(directory, { recursive: true, mode: 0o700 }))
  yield* Effect.acquireRelease(
    attempt(() => writeFile(join(directory, own), "", { flag: "wx" })).pipe(
      Effect.catchIf(
        ({ cause }) => hasCode(cause, "EEXIST"),
        () => Effect.fail(new DirectoryInUse({ directory, pid }))
      )
    ),
    () => Effect.ignore(attempt(() => rm(join(directory, own), { force: true })))
  )
  for (const file of yield* attempt(() => readdir(directory))) {
    const [, other, since] = ownerFile.exec(file) ?? []
    if (file === own || other === undefined || since === undefined) continue
    if (yield* isAlive(Number(other), since)) return yield* new DirectoryInUse({ directory, pid: Number(other) })
    yield* attempt(() => rm(join(directory, file), { force: true }))
  }
})
