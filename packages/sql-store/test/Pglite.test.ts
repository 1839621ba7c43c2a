import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Option } from "effect"
import { SqlClient } from "effect/sql"
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Pglite } from "../src/index.ts"
import { dataFolder } from "../src/internal/dataFolder.ts"
import { dumpFile, installedDump, pgliteVersion, readDump } from "../src/internal/pgliteDump.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "deploys-pglite-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

/** Another process that holds the directory, once it says so. */
const holder = (directory: string, ...names: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.callback<ChildProcess>((resume) => {
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, "fixtures/holdDirectory.ts"), directory, ...names],
        {
          stdio: ["ignore", "pipe", "inherit"]
        }
      )
      child.stdout.once("data", () => resume(Effect.succeed(child)))
      child.once("exit", (code) => resume(Effect.die(new Error(`The other process ended with ${code}`))))
    }),
    kill
  )

const kill = (child: ChildProcess) =>
  Effect.callback<void>((resume) => {
    if (child.signalCode !== null || child.exitCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  })

const open = (directory: string) =>
  SqlClient.SqlClient.use((sql) => sql<{ id: string }>`SELECT id FROM deploys.workspaces ORDER BY id`).pipe(
    Effect.map((rows) => rows.map(({ id }) => id)),
    Effect.provide(Pglite.layer({ directory }))
  )

const ownerFiles = (directory: string) => readdirSync(directory).filter((file) => file.startsWith("owner-"))

// Opening a database takes a second or two, and several times that on a busy machine.
const patience = { timeout: 90_000 }

describe("a directory of PGlite", patience, () => {
  it.effect("keeps its rows from one opening to the next", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporary, "made", "on the way")
      const add = SqlClient.SqlClient.use((sql) => sql`INSERT INTO deploys.workspaces (id, name) VALUES ('ws', 'One')`)
      yield* Effect.provide(add, Pglite.layer({ directory }))
      assert.deepStrictEqual(ownerFiles(directory), [])
      assert.deepStrictEqual(yield* open(directory), ["ws"])
    })
  )

  it.effect("refuses a second process and names the first", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const { pid } = yield* holder(directory)
      const error = yield* Effect.flip(open(directory))
      if (error._tag !== "DirectoryInUse") return assert.fail(error._tag)
      assert.strictEqual(error.pid, pid)
      assert.include(error.message, String(pid))
      assert.lengthOf(ownerFiles(directory), 1)
    })
  )

  it.effect("refuses a second layer of the same process", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const error = yield* Effect.flip(open(directory)).pipe(Effect.provide(Pglite.layer({ directory })))
      assert.strictEqual(error._tag, "DirectoryInUse")
      assert.deepStrictEqual(yield* open(directory), [])
    })
  )

  it.effect("opens after a kill with every row that was answered", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* kill(yield* holder(directory, "a", "b"))
      assert.lengthOf(ownerFiles(directory), 1)
      assert.deepStrictEqual(yield* open(directory), ["a", "b"])
      assert.deepStrictEqual(ownerFiles(directory), [])
    })
  )

  it.effect("does not take a process for the owner that has its number by chance", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      writeFileSync(join(directory, `owner-${process.ppid}-1`), "")
      assert.deepStrictEqual(yield* open(directory), [])
    })
  )

  it.effect("is made anew where a kill left it half made", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      mkdirSync(join(directory, "data.new/base"), { recursive: true })
      writeFileSync(join(directory, "data.new/PG_VERSION"), "18\n")
      assert.deepStrictEqual(yield* open(directory), [])
      assert.isFalse(existsSync(join(directory, "data.new")))
    })
  )

  it.effect("says that it can't be opened where it is a file", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "file")
      writeFileSync(file, "")
      const error = yield* Effect.flip(open(file))
      assert.strictEqual(error._tag, "DirectoryUnusable")
      assert.include(error.message, file)
    })
  )
})

describe("the prepared database", patience, () => {
  it.effect("is there for the PGlite that is installed", () =>
    Effect.gen(function* () {
      assert.isTrue(existsSync(dumpFile(yield* pgliteVersion)), "run scripts/make-dump.mjs")
      assert.isTrue(Option.isSome(yield* installedDump))
    })
  )

  it.effect("is none for another version of PGlite", () =>
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* readDump("0.0.0")))
    })
  )

  it.live("is not needed: without it the database is made from nothing", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* dataFolder(directory, readDump("0.0.0"))
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(open(directory))))
    })
  )
})
