import { MemoryAccess, StoreError } from "@deploys/core"
import { HttpApp, NodeServer } from "@deploys/http"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Logger, Ref, References, Tracer } from "effect"
import { inspect } from "node:util"
import { ids, Script } from "./support/ScriptedEngine.ts"
import * as ScriptedEngine from "./support/ScriptedEngine.ts"
import * as Served from "./support/Served.ts"

const one = `/api/deploys/${ids.completed}`

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
          kept.push(span)
          return span
        }
      })
    )
  )

const access = MemoryAccess.layerOf({ "root-s3cret": { subject: "root", everywhere: ["read"], workspaces: {} } })
const engine = Layer.provideMerge(ScriptedEngine.layerEngine, Script.layer)
const server = NodeServer.layer(HttpApp.layer().pipe(Layer.provide(access)), {
  port: 0,
  gracefulShutdownTimeout: "100 millis"
})

/** Sends each of these with a secret for a token, and answers with what came back. */
const asked = Effect.fnUntraced(function* (url: string, token: string, paths: ReadonlyArray<string>) {
  return yield* Effect.forEach(paths, (path) =>
    Effect.promise(async () => {
      const headers = { authorization: `Bearer ${token}`, connection: "close" }
      const response = await fetch(`${url}${path}`, { headers })
      return { status: response.status, text: await response.text() }
    })
  )
})

it.live("no token is in a log line, a span or an answer, whatever becomes of its request", () => {
  const kept: Array<unknown> = []
  return Effect.gen(function* () {
    const url = yield* Served.url
    const { before } = yield* Script
    const paths = [one, "/api/deploys?token=s3cret-query", `${one}/events`, "/api/deploys/nope", "/nowhere"]
    const answers = [...(yield* asked(url, "root-s3cret", paths)), ...(yield* asked(url, "s3cret-unknown", paths))]
    yield* Ref.set(before, Effect.fail(new StoreError({ operation: "list", cause: new Error("away") })))
    answers.push(...(yield* asked(url, "root-s3cret", [one])))
    yield* Ref.set(before, Effect.die(new Error("a defect")))
    answers.push(...(yield* asked(url, "root-s3cret", [one])))
    assert.deepStrictEqual(
      answers.map(({ status }) => status),
      [200, 400, 200, 400, 404, 401, 401, 401, 401, 404, 503, 500]
    )
    const seen = inspect([kept, answers], { depth: 14, maxArrayLength: null, maxStringLength: null })
    assert.isAbove(kept.length, 20)
    assert.include(seen, "a defect")
    assert.isFalse(seen.includes("s3cret"), "a token was told")
  }).pipe(Effect.provide(Layer.provideMerge(Layer.provideMerge(server, engine), recording(kept))))
})
