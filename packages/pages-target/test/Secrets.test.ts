import { FakeFault, FakePages } from "@deploys/pages-target/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Logger, References, Tracer } from "effect"
import { inspect } from "node:util"
import { Artifacts, deploy, filesOf, host } from "./support/host.ts"

const apiToken = "fake-api-token"

/** Keeps every span and every log line, with all that hangs on them. */
const recording = (kept: Array<unknown>) =>
  Layer.mergeAll(
    Logger.layer([Logger.make((options) => void kept.push(inspect(options.message, { depth: 8 }), options.cause))]),
    Layer.succeed(References.MinimumLogLevel, "Trace"),
    Layer.succeed(
      Tracer.Tracer,
      Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          // The fake's own spans hold what it answers.
          if (options.kind !== "server") kept.push(span)
          return span
        }
      })
    )
  )

it.live("no token is in an event, an error, a log line or a span, even when Cloudflare repeats it", () => {
  const kept: Array<unknown> = []
  return Effect.gen(function* () {
    const { calls, inject } = yield* FakePages
    const { put } = yield* Artifacts
    put("one", filesOf({ "index.html": "one" }))
    const tell = `Bearer ${apiToken} may not`
    yield* inject("project", FakeFault.Refused({ status: 500, code: 8000000, message: tell }))
    yield* inject("uploadAssets", FakeFault.ExpiredToken())
    yield* inject("createDeployment", FakeFault.Lost())
    const live = yield* deploy("shop", "one")
    yield* inject("createDeployment", FakeFault.Refused({ status: 400, code: 8000111, message: tell }))
    const failed = yield* deploy("shop", "one")
    assert.deepStrictEqual([live.deploy.status, failed.deploy.status], ["completed", "failed"])
    assert.include(failed.deploy.error ?? "", "<redacted> may not")
    const headers = (yield* calls).map((call) => call.headers["authorization"] ?? "")
    const secrets = [...new Set(headers)].map((header) => header.replace("Bearer ", ""))
    assert.isAtLeast(secrets.length, 3)
    const seen = inspect([kept, live, failed], { depth: 12, maxArrayLength: null, maxStringLength: null })
    assert.isAbove(kept.length, 20)
    for (const secret of secrets) assert.isFalse(seen.includes(secret), "a token was told")
    assert.isTrue((yield* calls).every(({ headers: sent }) => sent["traceparent"] === undefined))
  }).pipe(Effect.provide(Layer.provideMerge(host(), recording(kept))))
})
