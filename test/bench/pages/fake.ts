// The fake in a process of its own. Says where it listens, and ends with its standard input.
import { FakePages } from "@deploys/pages-target/testing"
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Redacted } from "effect"

const latency = process.argv[2] ?? "0"

const program = Effect.gen(function* () {
  const { accountId, addProject, apiToken, apiUrl } = yield* FakePages
  yield* addProject("demo")
  console.log(JSON.stringify({ accountId, apiToken: Redacted.value(apiToken), apiUrl }))
  process.stdin.resume()
  yield* Effect.callback<void>((resume) => void process.stdin.once("end", () => resume(Effect.void)))
})

NodeRuntime.runMain(
  Effect.provide(program, FakePages.layer(latency === "0" ? {} : { latency: `${Number(latency)} millis` }))
)
