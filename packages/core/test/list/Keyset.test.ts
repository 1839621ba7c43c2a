import { type Deploy, DeployFields, Filter, type Keyset, Order, type QueryPlan, selectPage } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { deployRow, instant } from "./rows.ts"

const { id, isLive, sequenceNumber, startedAt, status } = DeployFields.deploy.fields
const directions = Object.keys(Order.directions) as ReadonlyArray<Order.Direction>

const planOf = (order: Order.Order, limit: number, position: Keyset.Position | null = null): QueryPlan => ({
  filter: Filter.everything,
  scope: "all",
  order,
  position,
  limit,
  total: true
})

const pageOf = (plan: QueryPlan, rows: ReadonlyArray<Deploy>) => selectPage(plan, rows, () => [])

/** The pages of a walk in the order that it came by them. It ends where a page says so. */
const walk = (rows: ReadonlyArray<Deploy>, order: Order.Order, limit: number, side: Keyset.Side) => {
  const pages: Array<ReadonlyArray<Deploy>> = []
  let position: Keyset.Position | null = null
  for (let i = 0; i <= rows.length; i++) {
    const { data, pageInfo } = pageOf(planOf(order, limit, position), rows)
    pages.push(data)
    const edge = side === "after" ? data.at(-1) : data.at(0)
    if (!(side === "after" ? pageInfo.hasNextPage : pageInfo.hasPreviousPage) || edge === undefined) break
    position = { side, values: Order.placeOf(order, edge) }
  }
  return pages
}

const rows = Array.from({ length: 12 }, (_, i) =>
  deployRow((i * 7) % 12, {
    startedAt: i % 3 === 0 ? null : instant(i >> 2),
    status: i % 2 === 0 ? "failed" : "completed",
    isLive: i % 5 === 0
  })
)

describe("a walk by cursors", () => {
  const orders = directions.flatMap((direction) => [
    Order.make([Order.key(startedAt, direction)]),
    Order.make([Order.key(status, "asc"), Order.key(startedAt, direction)]),
    Order.make([Order.key(startedAt, direction), Order.key(id, "asc")]),
    Order.make([Order.key(isLive, direction), Order.key(startedAt, "asc"), Order.key(sequenceNumber, "desc")])
  ])

  it.each(orders.map((order) => [Order.fingerprint(order), order] as const))(
    "visits each row once in the order %s",
    (_, order) => {
      const sorted = rows.toSorted(Order.compare(order))
      for (const limit of [1, 2, 5, 12, 100]) {
        assert.deepStrictEqual(walk(rows, order, limit, "after").flat(), sorted)
      }
    }
  )

  it.each(orders.map((order) => [Order.fingerprint(order), order] as const))(
    "leads back over the same rows in the order %s",
    (_, order) => {
      const sorted = rows.toSorted(Order.compare(order))
      for (const limit of [1, 2, 5, 100]) {
        sorted.forEach((row, i) => {
          const values = Order.placeOf(order, row)
          const { data, pageInfo } = pageOf(planOf(order, limit, { side: "before", values }), rows)
          assert.deepStrictEqual(data, sorted.slice(Math.max(0, i - limit), i))
          assert.strictEqual(pageInfo.hasPreviousPage, i > limit)
          assert.isTrue(pageInfo.hasNextPage)
        })
      }
    }
  )
})
