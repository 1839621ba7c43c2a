import { DeployStore } from "@deploys/core"
import { Postgres, SqlStore } from "@deploys/sql-store"
import { assert, describe, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { lease, start } from "../../../test/contract/deploy-store/fixture.ts"
import * as Database from "../../../test/setup/database.ts"

/** A node whose pool has two connections. */
const node = Layer.unwrap(
  Effect.map(Database.fresh(), (url) =>
    Layer.provideMerge(SqlStore.layerPostgres, Postgres.layer({ url: Redacted.make(url), maxConnections: 2 }))
  )
)

/** Does something within a transaction that is held open meanwhile. */
const whileHeld = Effect.fnUntraced(function* <A, E, R, E2, R2>(
  transaction: Effect.Effect<unknown, E2, R2>,
  during: Effect.Effect<A, E, R>
) {
  const sql = yield* SqlClient.SqlClient
  const [held, done] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  const holder = yield* transaction.pipe(
    Effect.andThen(Deferred.succeed(held, undefined)),
    Effect.andThen(Deferred.await(done)),
    sql.withTransaction,
    Effect.forkChild({ startImmediately: true })
  )
  yield* Deferred.await(held)
  const result = yield* during
  yield* Deferred.succeed(done, undefined)
  yield* Fiber.join(holder)
  return result
})

describe.skipIf(!Database.available)("on a server", () => {
  layer(node)("a lease", (it) => {
    it.effect("is renewed while the whole pool is taken", () =>
      Effect.gen(function* () {
        const [run, store] = [yield* start(), yield* DeployStore]
        const renewed = whileHeld(Effect.void, whileHeld(Effect.void, store.renew([lease(run)], 15_000)))
        assert.deepStrictEqual(yield* renewed, [lease(run)])
      })
    )

    it.effect("is not waited for when its deploy is locked, and no other is renewed with it", () =>
      Effect.gen(function* () {
        const [run, other, store] = [yield* start(), yield* start(), yield* DeployStore]
        const sql = yield* SqlClient.SqlClient
        const lock = sql`SELECT FROM deploys.deploys WHERE id = ${run.deployId} FOR UPDATE`
        const both = Effect.flip(store.renew([run, other].map(lease), 1500))
        const [error, renewed] = yield* whileHeld(lock, Effect.all([both, store.renew([lease(other)], 15_000)]))
        assert.strictEqual(error._tag, "StoreError")
        assert.deepStrictEqual(renewed, [lease(other)])
        assert.lengthOf(yield* store.renew([run, other].map(lease), 15_000), 2)
      })
    )
  })
})
