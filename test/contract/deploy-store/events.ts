import { DeployStore } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Cases } from "./fixture.ts"
import { freshDeployId, logged, move, start } from "./fixture.ts"

/** `events`. */
export const eventsCases: Cases = (it) => {
  it.effect("reads events above a number, in order, up to the limit", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      yield* move(run, ...Array.from({ length: 20 }, (_, index) => logged(`line ${index}`)))
      const numbers = (after: number, limit: number) =>
        Effect.map(store.events({ deployId: run.deployId, after, limit }), (events) =>
          events.map(({ sequence }) => sequence)
        )
      assert.deepStrictEqual(
        yield* numbers(0, 100),
        Array.from({ length: 22 }, (_, index) => index + 1)
      )
      assert.deepStrictEqual(yield* numbers(9, 3), [10, 11, 12])
      assert.deepStrictEqual(yield* numbers(21, 3), [22])
      assert.deepStrictEqual(yield* numbers(22, 3), [])
      assert.deepStrictEqual(yield* numbers(1000, 3), [])
    })
  )

  it.effect("keeps the events of each deploy apart", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const [one, other] = yield* Effect.all([start(), start()])
      yield* move(one, logged("one"))
      const events = yield* store.events({ deployId: other.deployId, after: 0, limit: 100 })
      assert.deepStrictEqual(
        events.map(({ deployId, type }) => [deployId, type]),
        [
          [other.deployId, "deploy.created"],
          [other.deployId, "deploy.running"]
        ]
      )
    })
  )

  it.effect("has no events of a deploy that nobody inserted", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      assert.deepStrictEqual(yield* store.events({ deployId: yield* freshDeployId, after: 0, limit: 10 }), [])
    })
  )

  it.effect("keeps every character of a line", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      const message = `tab\t "quoted" 'single' \\ back\nslash \u{1f680} ${"x".repeat(8000)}`
      yield* move(run, logged(message))
      const [event] = yield* store.events({ deployId: run.deployId, after: run.after - 1, limit: 1 })
      assert.deepStrictEqual(event?.data, { level: "info", message, step: null })
    })
  )
}
