import { decodeListOptions, Filter, makeQueryPlan } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { optionsOf } from "./worlds.ts"

const filterOf = (operator: "eq" | "lt" | "gt", text: string) =>
  Result.getOrThrow(makeQueryPlan(optionsOf({ filter: { createdAt: { [operator]: text } } }), "all")).filter

describe("a time as RFC 3339 writes it", () => {
  it.each([
    ["2026-11-24T17:44:12Z", "2026-11-24T17:44:12.000000Z"],
    ["2026-11-24t17:44:12.1z", "2026-11-24T17:44:12.100000Z"],
    ["2026-11-24T17:44:12.123456+00:00", "2026-11-24T17:44:12.123456Z"],
    ["2026-11-24T17:44:12.000001-00:00", "2026-11-24T17:44:12.000001Z"],
    ["2026-11-24T17:44:12+05:30", "2026-11-24T12:14:12.000000Z"],
    ["2026-12-31T23:00:00.5-01:00", "2027-01-01T00:00:00.500000Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"],
    ["0099-06-01T12:00:00Z", "0099-06-01T12:00:00.000000Z"],
    ["1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"],
    ["9999-12-31T23:59:59.999999+23:59", "9999-12-31T00:00:59.999999Z"]
  ])("%s is %s", (text, instant) => {
    const filter = filterOf("eq", text)
    assert.deepStrictEqual(filter._tag === "In" ? filter.values : filter, [instant])
  })

  it("compares by value also where UTC takes it out of its years", () => {
    const bound = (filter: Filter.Filter) =>
      filter._tag === "Range" ? `${filter.operator} ${filter.value}` : filter._tag
    assert.strictEqual(bound(filterOf("gt", "0001-01-01T00:00:00+00:01")), "gte 0001-01-01T00:00:00.000000Z")
    assert.strictEqual(bound(filterOf("lt", "9999-12-31T23:59:00-00:01")), "lte 9999-12-31T23:59:59.999999Z")
    assert.strictEqual(filterOf("lt", "0001-01-01T00:00:00+00:01"), Filter.nothing)
    assert.strictEqual(filterOf("gt", "9999-12-31T23:59:00-00:01"), Filter.nothing)
    assert.strictEqual(filterOf("eq", "9999-12-31T23:59:00-00:01"), Filter.nothing)
  })

  it.each([
    "2026-11-24",
    "2026-11-24T17:44Z",
    "2026-11-24 17:44:12Z",
    "2026-11-24T17:44:12",
    "2026-11-24T17:44:12.Z",
    "2026-11-24T17:44:12.1234567Z",
    "2026-11-24T17:44:12,5Z",
    "2026-11-24T24:00:00Z",
    "2026-11-24T23:59:60Z",
    "2026-11-24T17:60:00Z",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "0000-06-01T00:00:00Z",
    "300000-01-01T00:00:00Z",
    "+275760-09-13T00:00:00Z",
    "-000001-01-01T00:00:00Z",
    "2026-11-24T17:44:12+24:00",
    "2026-11-24T17:44:12+05:60",
    "2026-11-24T17:44:12+0530",
    "2026-11-24T17:44:12Z\n",
    " 2026-11-24T17:44:12Z",
    "infinity",
    "now",
    ""
  ])("%j is none", (text) => {
    const refused = Result.getOrThrow(Result.flip(decodeListOptions({ filter: { createdAt: { in: [text] } } })))
    assert.deepStrictEqual(
      refused.faults.map(({ path }) => path),
      ["/filter/createdAt/in/0"]
    )
  })
})
