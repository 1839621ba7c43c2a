import { NodeServices } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { spawnSync } from "node:child_process"
import { fieldsOf, Served, story } from "./Served.ts"

const available = spawnSync("curl", ["--version"]).status === 0
if (!available) process.stderr.write("NOT RUN: the test of curl as a reader, since there is no curl\n")

/** What curl prints up to its end; `until` is run once it has printed this text. */
const curl = Effect.fnUntraced(function* (args: ReadonlyArray<string>, text: string, until: Effect.Effect<void>) {
  const handle = yield* ChildProcess.make("curl", ["-sN", "-H", "Authorization: Bearer root", ...args], {
    stdin: "ignore"
  })
  const seen = yield* Deferred.make<void>()
  let printed = ""
  const reading = yield* Effect.forkScoped(
    Stream.runForEach(Stream.decodeText(handle.stdout), (part) => {
      printed += part
      return printed.includes(text) ? Deferred.succeed(seen, undefined) : Effect.void
    })
  )
  yield* Deferred.await(seen)
  yield* until
  yield* Fiber.join(reading)
  return { printed, exitCode: yield* handle.exitCode }
})

const server = Layer.provideMerge(Served.layer([]), NodeServices.layer)

describe.skipIf(!available)("curl -N", () => {
  layer(server, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    it.effect("prints each event when it happens and ends with the deploy", () =>
      Effect.gen(function* () {
        const { start, url } = yield* Served
        const { id, letGo } = yield* start
        const { exitCode, printed } = yield* curl([`${url}/api/deploys/${id}/events`], "waiting … ä 𝒳", letGo)
        assert.strictEqual(exitCode, 0)
        assert.deepStrictEqual(fieldsOf(printed, "event"), story)
        assert.deepStrictEqual(fieldsOf(printed, "id"), ["1", "2", "3", "4", "5", "6", "7"])
        assert.include(printed, '"message":"let go"')
      })
    )

    it.effect("goes on behind the event that it saw last", () =>
      Effect.gen(function* () {
        const { start, url } = yield* Served
        const { id, letGo } = yield* start
        const args = ["-H", "Last-Event-ID: 3", `${url}/api/deploys/${id}/events`]
        const { printed } = yield* curl(args, "waiting", letGo)
        assert.deepStrictEqual(fieldsOf(printed, "id"), ["4", "5", "6", "7"])
      })
    )
  })
})
