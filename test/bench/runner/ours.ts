// Ours: the runner of a real node on PostgreSQL, five steps that return at once.
import { DeployEngine, DeployStore, runnerOptions } from "@deploys/core"
import { ScriptedTarget } from "@deploys/core/testing"
import { Postgres, SqlCatalog, SqlStore } from "@deploys/sql-store"
import { Deferred, Effect, Layer, Redacted } from "effect"
import { count, inFlight, measured, url } from "./peers/run.mjs"

const database = Postgres.layer({ url: Redacted.make(url ?? ""), maxConnections: 10 })

const target = ScriptedTarget.layer(
  ...[1, 2, 3, 4, 5].map((step) => ScriptedTarget.succeeds(`step ${step}`, { step, of: "bench" }))
)

/** Says when so many deploys are stored as completed, without asking the database. */
const counting = (over: Deferred.Deferred<void>) =>
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

const node = (over: Deferred.Deferred<void>) =>
  DeployEngine.layerWithRunner.pipe(
    Layer.provide([target, runnerOptions({ maxRunning: inFlight })]),
    Layer.provide(Layer.provide(counting(over), SqlStore.layerPostgres)),
    Layer.provide(SqlCatalog.layer),
    Layer.provide(database)
  )

await measured(() =>
  Effect.runPromise(
    Effect.gen(function* () {
      const over = yield* Deferred.make<void>()
      yield* Effect.provide(Deferred.await(over), node(over))
    })
  )
)
process.exit()
