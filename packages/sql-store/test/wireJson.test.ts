import { DeployFields, Order } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { onPglite } from "../../../test/setup/sqlStore.ts"
import { makeWireJson } from "../src/list/wireJson.ts"
import { placeOfWire } from "../src/list/wireRow.ts"

const all = DeployFields.deploy.fields

/** A field of each kind that can be null, and one of each that can't. */
const fields = [all.id, all.error, all.metadata, all.sequenceNumber, all.startedAt, all.createdAt, all.isLive]

const ascii = Array.from({ length: 127 }, (_, i) => String.fromCharCode(i + 1)).join("")

const texts = ["", "plain", ascii, 'a "quoted" \\ one', "ä€😀\u2028", '"'.repeat(100_000), "x".repeat(300_000)]

const pageInfo = { total: 7, hasNextPage: true, hasPreviousPage: false, startCursor: "WzFd", endCursor: null }

interface Row {
  readonly id: string
  readonly error: string | null
  readonly metadata: string
  readonly sequenceNumber: number
  readonly startedAt: string | null
  readonly createdAt: string
  readonly isLive: boolean
}

const rows = texts.map((text, i): Row => ({
  id: `dep_${i}`,
  error: i === 0 ? null : text,
  metadata: JSON.stringify({ text: text.slice(0, 1000), n: [1.5, -3, null, true], deep: {} }),
  sequenceNumber: [0, 1, -7, 2_147_483_647, -2_147_483_648][i] ?? 42,
  startedAt: i % 2 === 0 ? null : "1999-12-31T23:59:59.000001Z",
  createdAt: "2026-02-28T01:02:03.456789Z",
  isLive: i % 2 === 0
}))

const some = rows[1] ?? assert.fail("no row")

/** The JSON of a page of these rows. */
const jsonOf = (...data: ReadonlyArray<Uint8Array>) => makeWireJson(fields)({ data, pageInfo })

const sent = Effect.fnUntraced(function* ({ createdAt, error, id, isLive, metadata, sequenceNumber, startedAt }: Row) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{
    bytes: Uint8Array
  }>`SELECT record_send(ROW(${id}::text, ${error}::text, ${metadata}::jsonb,
    ${String(sequenceNumber)}::integer, ${startedAt}::timestamptz, ${createdAt}::timestamptz, ${String(isLive)}::boolean)) AS bytes`
  return row?.bytes ?? assert.fail("no row")
})

layer(onPglite)("a row of the database's bytes", (it) => {
  it.effect("is JSON of the values that went in, whatever has to be escaped and however long it is", () =>
    Effect.gen(function* () {
      const found: unknown = JSON.parse(jsonOf(...(yield* Effect.forEach(rows, sent))))
      const data = rows.map((row) => ({ ...row, metadata: JSON.parse(row.metadata) }))
      assert.deepStrictEqual(found, { data, pageInfo })
      assert.deepStrictEqual(JSON.parse(jsonOf()), { data: [], pageInfo })
    })
  )

  it.effect("escapes as JSON.stringify does", () =>
    Effect.gen(function* () {
      const bytes = yield* sent({ ...some, error: ascii })
      assert.include(jsonOf(bytes), `"error":${JSON.stringify(ascii)},`)
    })
  )

  it.effect("keeps the digits of a number in its JSON that no double has", () =>
    Effect.gen(function* () {
      const metadata = `{"n": 12345678901234567890.5, "large": 1${"0".repeat(400)}}`
      const bytes = yield* sent({ ...some, metadata })
      assert.include(jsonOf(bytes), `"metadata":${metadata},`)
    })
  )

  it.effect("tells its place in an order, in the order's keys", () =>
    Effect.gen(function* () {
      const order = Order.make([
        Order.key(all.createdAt, "desc"),
        Order.key(all.startedAt, "asc"),
        Order.key(all.error, "asc"),
        Order.key(all.isLive, "asc"),
        Order.key(all.sequenceNumber, "asc")
      ])
      const placeOf = placeOfWire(fields, order)
      for (const row of rows) assert.deepStrictEqual(placeOf(yield* sent(row)), Order.placeOf(order, row))
    })
  )
})
