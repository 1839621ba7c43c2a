import type { FeedEvent } from "@deploys/core"
import { BuildId, DeployEngine, type DeployStore, MemoryCatalog, trustedPrincipal } from "@deploys/core"
import { ScriptedTarget } from "@deploys/core/testing"
import { assert } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Stream } from "effect"
import { eventually } from "../contract/passage.ts"

const me = trustedPrincipal("test")
const apps = Array.from({ length: 4 }, (_, n) => `app-${n}`)

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme" }],
  entities: apps.map((id) => ({ id, workspaceId: "acme" })),
  versions: apps.map((id) => ({ id: `${id}-main`, entityId: id })),
  builds: apps.map((id) => ({ id: `${id}-1`, versionId: `${id}-main`, artifact: id }))
})

/** A node with a runner on this store. */
export const node = <E>(store: Layer.Layer<DeployStore, E>) =>
  Effect.map(
    Layer.build(
      Layer.fresh(
        DeployEngine.layerWithRunner.pipe(
          Layer.provide([
            store,
            catalog,
            ScriptedTarget.layer(ScriptedTarget.succeeds("build"), ScriptedTarget.succeeds("publish"))
          ])
        )
      )
    ),
    Context.get(DeployEngine)
  )

/** The numbers that a feed gives out, by deploy, until so many deploys have completed. */
const numbersOf = (feed: Stream.Stream<FeedEvent>, deploys: number, numbers = new Map<string, Array<number>>()) =>
  Effect.gen(function* () {
    let completed = 0
    yield* Stream.runForEachWhile(feed, (event) =>
      Effect.sync(() => {
        if ("sequence" in event) numbers.set(event.deployId, [...(numbers.get(event.deployId) ?? []), event.sequence])
        if (event.type === "deploy.completed") completed += 1
        return completed < deploys
      })
    )
    return numbers
  })

const createAll = (engine: DeployEngine["Service"]) =>
  Effect.forEach(apps, (app) => engine.create(me, { buildId: BuildId.make(`${app}-1`) }), { concurrency: 4 })

/** Whether these follow each other, up to the last event of a deploy here. */
const isTail = (numbers: ReadonlyArray<number>) =>
  numbers.at(-1) === 7 && numbers.every((number, index) => number === 8 - numbers.length + index)

/**
 * Deploys are created at two nodes and run at either, while feeds of both read: each gives out every event, once and in
 * order, and one that begins in the midst of it goes on from where the deploys stood.
 */
export const feedsAreWhole = Effect.fnUntraced(function* (
  here: DeployEngine["Service"],
  there: DeployEngine["Service"]
) {
  const feeds = yield* Effect.all([here.watch(me), there.watch(me)])
  const readers = yield* Effect.forkChild(
    Effect.forEach(feeds, (feed) => numbersOf(feed, 3 * apps.length), { concurrency: "unbounded" })
  )
  yield* createAll(here)
  yield* createAll(there)
  const seenLate = new Map<string, Array<number>>()
  const late = yield* Effect.flatMap(there.watch(me), (feed) => Effect.forkChild(numbersOf(feed, Infinity, seenLate)))
  yield* createAll(here)
  for (const numbers of yield* Effect.timeout(Fiber.join(readers), "50 seconds")) {
    assert.deepStrictEqual(
      [...numbers.values()],
      Array.from({ length: 3 * apps.length }, () => [1, 2, 3, 4, 5, 6, 7])
    )
  }
  const isDone = Effect.sync(() =>
    seenLate.size >= apps.length && [...seenLate.values()].every(isTail) ? true : undefined
  )
  yield* eventually((millis) => Effect.sleep(millis), isDone)
  yield* Fiber.interrupt(late)
})
