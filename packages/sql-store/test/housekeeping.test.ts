import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Pglite } from "../src/index.ts"

interface Table {
  readonly dead: number
  readonly known: number
}

const table = SqlClient.SqlClient.use(
  (sql) => sql<Table>`
    SELECT n_dead_tup::int AS dead, greatest(c.reltuples, 0)::int AS known
    FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid WHERE s.relid = 'deploys.workspaces'::regclass`
).pipe(Effect.map(([row]) => row))

describe("an embedded database", { timeout: 90_000 }, () => {
  it.effect("takes dead rows away and learns what its tables hold, a minute after they have changed", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO deploys.workspaces (id, name) SELECT 'ws_' || n, 'one' FROM generate_series(1, 500) n`
      yield* sql`UPDATE deploys.workspaces SET name = 'other'`
      // Otherwise changes are counted with up to a second's delay.
      yield* sql`SELECT pg_stat_force_next_flush()`
      const counted = yield* table
      assert.deepStrictEqual(counted, { dead: 500, known: 0 })
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* table, { dead: 500, known: 0 })
      yield* TestClock.adjust("1 second")
      const kept = yield* Effect.repeat(table, {
        until: (row) => row?.known === 500,
        schedule: Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 500 }))
      }).pipe(TestClock.withLive)
      assert.deepStrictEqual(kept, { dead: 0, known: 500 })
    }).pipe(Effect.provide(Pglite.layerMemory))
  )
})
