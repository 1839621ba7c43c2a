import { FakePages } from "@deploys/pages-target/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"

const child = fileURLToPath(new URL("support/memoryChild.ts", import.meta.url))

// How much room a heap takes for what is dead already is V8's choice, and grows with the machine; it is no part of the bound.
const youngGeneration = "--max-semi-space-size=16"

/** Deploys a site of so many files of so many bytes from a process of its own. */
const risen = Effect.fnUntraced(function* (count: number, size: number) {
  const { accountId, addProject, apiToken, apiUrl } = yield* FakePages
  yield* addProject("demo")
  const args = [youngGeneration, child, apiUrl, accountId, Redacted.value(apiToken), String(count), String(size)]
  const output = yield* Effect.callback<string, Error>((resume) => {
    const running = execFile(process.execPath, args, { timeout: 150_000 }, (error, stdout) =>
      resume(error === null ? Effect.succeed(stdout) : Effect.fail(error))
    )
    return Effect.sync(() => running.kill())
  })
  return Number(output)
})

describe("the memory of a deploy", () => {
  it.live.each([
    ["20,000 files", 20_000, 2000],
    ["files of 25 MiB", 4, 25 * 1024 * 1024]
  ] as const)(
    "stays within 150 MiB above that of the process at rest for %s",
    ([, count, size]) =>
      Effect.gen(function* () {
        const mebibytes = yield* risen(count, size)
        assert.isAtMost(mebibytes, 150)
        assert.isAtLeast(mebibytes, 0)
      }).pipe(Effect.provide(FakePages.layer())),
    180_000
  )
})
