import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { collected } from "../../../test/setup/collected.ts"
import { Pglite } from "../src/index.ts"

const rounds = 1000

layer(Pglite.layerMemory, { timeout: 90_000 })("a client of an embedded PGlite", (it) => {
  it.effect("leaves nothing of its answers in memory", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const many = Effect.forEach(
        Array.from({ length: rounds }),
        () => sql`SELECT repeat('x', 100) || n AS text FROM generate_series(1, 20) AS n`,
        {
          discard: true
        }
      )
      yield* many
      const before = collected()
      yield* many
      assert.isBelow((collected() - before) / rounds, 500, "bytes for each statement")
    })
  )

  it.effect("takes answers that are larger than one message", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ text: string }>`SELECT repeat('ä', 2000000) AS text FROM generate_series(1, 3)`
      assert.deepStrictEqual(
        rows.map(({ text }) => text === "ä".repeat(2_000_000)),
        [true, true, true]
      )
    })
  )
})
