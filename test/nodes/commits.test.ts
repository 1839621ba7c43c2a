import { makeStep } from "@deploys/core"
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Latch, Layer, Schema } from "effect"
import { startCluster } from "../setup/cluster.ts"
import { available } from "../setup/database.ts"
import { emptyDatabase, heard, perDeploy, read, stopClockwork } from "./Meter.ts"
import { fill, node, untilCompleted } from "./Work.ts"

/** A server of its own, since what is counted is what the whole server does, and as durable as in production. */
class Server extends Context.Service<Server, { readonly url: string }>()("test/Server") {
  static readonly layer = Layer.effect(
    Server,
    Effect.acquireRelease(
      Effect.promise(() => startCluster({ durable: true })),
      ({ stop }) => Effect.promise(stop)
    ).pipe(Effect.tap(({ url }) => stopClockwork(url)))
  )
}

/** A lease that is not renewed while this lasts: that goes by the clock as well. */
const rare = { lease: "30 minutes", renewEvery: "10 minutes" } as const

/** Five steps that do nothing; the latch opens once the last one of every deploy has ended. */
const stepsOf = (count: number, ended: Latch.Latch) => {
  let left = count
  const last = Effect.suspend(() => (--left === 0 ? ended.open : Effect.void))
  return ["one", "two", "three", "four", "five"].map((name) =>
    makeStep({ name, output: Schema.Null, run: () => Effect.as(name === "five" ? last : Effect.void, null) })
  )
}

/** Runs so many deploys, so many at once, and tells what each of them cost. */
const measure = Effect.fnUntraced(function* (count: number, inFlight: number) {
  const url = yield* emptyDatabase((yield* Server).url, `for_${inFlight}`)
  yield* fill(url, count)
  const notifications = yield* heard(url)
  const before = yield* read(url)
  const ended = yield* Latch.make()
  yield* Effect.scoped(
    Layer.build(node(url, { ...rare, maxRunning: inFlight }, ...stepsOf(count, ended))).pipe(
      Effect.andThen(ended.await),
      Effect.andThen(untilCompleted(url))
    )
  )
  const cost = perDeploy(before, yield* read(url), count)
  return { ...cost, notifications: yield* notifications }
})

describe.skipIf(!available)("on a server", () => {
  layer(Server.layer, { excludeTestServices: true, timeout: 120_000 })("a deploy of five steps", (it) => {
    it.effect(
      "costs the six commits that are the least when it is alone",
      () =>
        Effect.gen(function* () {
          const { commits, fsyncs, notifications } = yield* measure(30, 1)
          assert.isAtLeast(commits, 6)
          assert.isAtMost(commits, 6.2)
          assert.isAtMost(fsyncs, 6.2)
          // Each commit told the other nodes of its events, without a commit for that.
          assert.isAtLeast(notifications, 30 * 6)
        }),
      120_000
    )

    it.effect.each([
      { inFlight: 32, count: 192, most: 0.35 },
      { inFlight: 128, count: 512, most: 0.12 }
    ])(
      "shares its commits and flushes with $inFlight in flight",
      ({ count, inFlight, most }) =>
        Effect.gen(function* () {
          const { commits, fsyncs, notifications } = yield* measure(count, inFlight)
          assert.isAtMost(commits, most)
          assert.isAtMost(fsyncs, most)
          assert.isAtLeast(notifications, 1)
        }),
      120_000
    )
  })
})
