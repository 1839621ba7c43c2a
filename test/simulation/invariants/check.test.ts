import { assert, describe, it } from "@effect/vitest"
import { bad } from "./badHistories.ts"
import { check, invariants } from "./check.ts"
import { good } from "./goodHistory.ts"

describe("the check of a history", () => {
  it("finds nothing in a good one", () => {
    assert.deepStrictEqual(check(good), [])
    assert.deepStrictEqual(
      good.rows.map(({ record: { deploy } }) => deploy.failureCode),
      [null, "cancelled", "step_failed", null, null, "superseded", "superseded", null]
    )
  })

  it.each(bad)("names invariant %i where %s", (number, _, history) => {
    assert.include(
      check(history()).map((breach) => breach.number),
      number
    )
  })

  it("is tried on a bad history for each invariant", () => {
    assert.deepStrictEqual(
      [...new Set(invariants.map(({ number }) => number))],
      [...new Set(bad.map(([number]) => number))]
    )
  })
})
