// Ours: the runner of a real node on PostgreSQL, five steps that return at once. With `OTHERS=1` there is another node, which
// runs nothing and is told of everything.
import { DeployEngine, DeployStore, runnerOptions } from "@deploys/core"
import { ScriptedTarget } from "@deploys/core/testing"
import { Postgres, SqlCatalog, SqlStore } from "@deploys/sql-store"
import { Deferred, Effect, Layer, Redacted } from "effect"
import { inFlight, measured } from "./peers/run.mjs"

const target = ScriptedTarget.layer(
  ...[1, 2, 3, 4, 5].map((step) => ScriptedTarget.succeeds(`step ${step}`, { step, of: "bench" }))
)

/** Says when so many deploys are stored as completed, without asking the database. */
const counting = (count: number, over: Deferred.Deferred<void>) =>
  Layer.effect(
    DeployStore,
    Effect.map(DeployStore, (store) => {
      let left = count
      return DeployStore.of({
        ...store,
        // Where a renewal is told that the deploy has ended before its runner is, the runner no longer waits for the answer.
        move: Effect.fnUntraced(function* (requests) {
          const results = yield* store.move(requests)
          for (const [i, { moves }] of requests.entries())
            if (results[i]?._tag === "Applied" && moves.some(({ _tag }) => _tag === "Completed")) left -= 1
          if (left === 0) yield* Deferred.succeed(over, undefined)
          return results
        }, Effect.uninterruptible)
      })
    })
  )

const node = (url: string, deploys: Layer.Layer<DeployStore, never, DeployStore>) =>
  DeployEngine.layerWithRunner.pipe(
    Layer.provide([target, runnerOptions({ maxRunning: inFlight })]),
    Layer.provide(Layer.provide(deploys, SqlStore.layerPostgres)),
    Layer.provide(SqlCatalog.layer),
    Layer.provide(Postgres.layer({ url: Redacted.make(url), maxConnections: 10 }))
  )

const otherNode = (url: string) =>
  process.env["OTHERS"] === undefined
    ? Layer.empty
    : Layer.fresh(Layer.provide(SqlStore.layerPostgres, Postgres.layer({ url: Redacted.make(url), maxConnections: 1 })))

await measured((count, url) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const over = yield* Deferred.make<void>()
      const layer = Layer.merge(node(url ?? "", counting(count, over)), otherNode(url ?? ""))
      yield* Effect.provide(Deferred.await(over), layer)
    })
  )
)
process.exit()
