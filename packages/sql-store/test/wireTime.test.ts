import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { onPglite } from "../../../test/setup/sqlStore.ts"
import { timeOfWire } from "../src/list/wireTime.ts"
import { iso } from "../src/Rows.ts"

layer(onPglite)("a time of the database's bytes", (it) => {
  it.effect("is the text that the database writes, to the microsecond, in all years", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ bytes: Uint8Array; text: string }>`
        SELECT timestamptz_send(t) AS bytes, ${sql.literal(iso("t"))} AS text FROM (
          SELECT timestamptz '0001-01-01 00:00:00Z' + n * interval '3652 days 7 hours 59 minutes 59.999999 seconds' AS t
          FROM generate_series(0, 999) n
          UNION ALL SELECT unnest(ARRAY['0001-01-01T00:00:00Z', '1999-12-31T23:59:59.999999Z', '2000-01-01T00:00:00Z',
            '2000-02-29T12:00:00.000001Z', '9999-12-31T23:59:59.999999Z']::timestamptz[])
        ) times`
      assert.isAbove(rows.length, 1000)
      for (const { bytes, text } of rows) assert.strictEqual(timeOfWire(bytes, 0), text)
    })
  )
})
