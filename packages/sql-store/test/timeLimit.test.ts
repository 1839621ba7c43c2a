import { decodeListOptions, DeployStore, ListTooSlow, makeQueryPlan } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../../test/setup/database.ts"
import { postgres } from "../../../test/setup/sqlStore.ts"
import { ListTimeLimit, SqlStore } from "../src/index.ts"

const limited = SqlStore.layer.pipe(
  Layer.provide(Layer.succeed(ListTimeLimit, "300 millis")),
  Layer.provideMerge(postgres)
)

describe.skipIf(!Database.available)("the time limit of lists", () => {
  it.live("ends a list in the database, and the next one is answered", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const sql = yield* SqlClient.SqlClient
      const plan = yield* Effect.fromResult(makeQueryPlan(yield* Effect.fromResult(decodeListOptions({})), "all"))
      yield* store.listJson(plan)
      const [locked, done] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const holder = yield* sql`LOCK TABLE deploys.deploys IN ACCESS EXCLUSIVE MODE`.pipe(
        Effect.andThen(Deferred.succeed(locked, undefined)),
        Effect.andThen(Deferred.await(done)),
        sql.withTransaction,
        Effect.forkChild
      )
      yield* Deferred.await(locked)
      const error = yield* Effect.flip(store.listJson(plan))
      assert.instanceOf(error.cause, ListTooSlow)
      const waiting = yield* sql`SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`
      assert.lengthOf(waiting, 0)
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(holder)
      assert.include(yield* store.listJson(plan), `"data":[]`)
    }).pipe(Effect.provide(limited))
  )
})
