import { DeployFields, FilterPredicate, Keyset, Order } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { deployRow, instant } from "./rows.ts"

const { id, isLive, sequenceNumber, startedAt, status } = DeployFields.deploy.fields
const directions = Object.keys(Order.directions) as ReadonlyArray<Order.Direction>

const rows = Array.from({ length: 12 }, (_, i) =>
  deployRow((i * 7) % 12, {
    startedAt: i % 3 === 0 ? null : instant(i >> 2),
    status: i % 2 === 0 ? "failed" : "completed",
    isLive: i % 5 === 0
  })
)

const orders = directions.flatMap((direction) => [
  Order.make([Order.key(startedAt, direction)]),
  Order.make([Order.key(status, "asc"), Order.key(startedAt, direction)]),
  Order.make([Order.key(id, direction), Order.key(status, "asc")]),
  Order.make([Order.key(isLive, direction), Order.key(startedAt, "asc"), Order.key(sequenceNumber, "desc")])
])

const named = orders.map((order) => [Order.fingerprint(order), order] as const)

describe("what lies beyond a row", () => {
  it.each(named)("comes in branches that follow each other in the order %s", (_, order) => {
    const sorted = rows.toSorted(Order.compare(order))
    sorted.forEach((row, i) => {
      const values = Order.placeOf(order, row)
      const inBranches = (side: Keyset.Side, walked: typeof rows) =>
        Keyset.branches(order, { side, values }).flatMap((branch) =>
          walked.filter(FilterPredicate.make(branch, () => []))
        )
      assert.deepStrictEqual(inBranches("after", sorted), sorted.slice(i + 1))
      assert.deepStrictEqual(inBranches("before", sorted.toReversed()), sorted.slice(0, i).toReversed())
    })
  })

  it("is one branch for each key that no row can tie on", () => {
    const branches = Keyset.branches(Order.newest, { side: "after", values: Order.placeOf(Order.newest, deployRow(1)) })
    assert.deepStrictEqual(
      branches.map(({ _tag }) => _tag),
      ["And", "Range"]
    )
  })
})
