import { DeployStatus, DeployTrigger } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { type Cases, Lists, type Rows } from "../Lists.ts"
import { cursorOf, deployRow, instant, list, matching, numbers, numbersOf, pages } from "./rows.ts"

const put = (deploys: Rows["deploys"]) => Lists.use(({ fill }) => fill({ deploys }))

const named = (names: ReadonlyArray<string>) => put(names.map((createdBy, i) => deployRow(i + 1, { createdBy })))

/** Cases about values on which schemas, JavaScript and databases differ, by their numbers in the list. */
export const valueCases: Cases = (it) => {
  it.effect("9: order and compare text by code point, whatever the database's language", () =>
    Effect.gen(function* () {
      const inOrder = ["A", "Z", "_", "a", "z", "É", "é", "ｅ", "😀"]
      yield* named(inOrder.toReversed())
      const orderBy = [{ createdBy: "asc" }]
      const walked = yield* pages({ orderBy, limit: 2 })
      assert.deepStrictEqual(
        walked.flatMap(({ data }) => data.map(({ createdBy }) => createdBy)),
        inOrder
      )
      const behind = yield* list({ orderBy, filter: { createdBy: { gt: "_" } } })
      assert.deepStrictEqual(
        behind.data.map(({ createdBy }) => createdBy),
        inOrder.slice(3)
      )
    })
  )

  it.effect("10: order statuses and triggers as text", () =>
    Effect.gen(function* () {
      const statuses = DeployStatus.literals
      const triggers = DeployTrigger.literals
      yield* put(
        statuses.flatMap((status, i) => triggers.map((trigger, j) => deployRow(1 + i * 3 + j, { status, trigger })))
      )
      const walked = yield* pages({ orderBy: [{ status: "asc" }, { trigger: "desc" }], limit: 5 })
      assert.deepStrictEqual(
        walked.flatMap(({ data }) => data.map(({ status, trigger }) => `${status} ${trigger}`)),
        statuses.toSorted().flatMap((status) =>
          triggers
            .toSorted()
            .toReversed()
            .map((trigger) => `${status} ${trigger}`)
        )
      )
    })
  )

  it.effect("25: compare by value numbers and times that no row can hold", () =>
    Effect.gen(function* () {
      yield* put([deployRow(1), deployRow(2 ** 31 - 1)])
      const all = [1, 2 ** 31 - 1]
      for (const big of [3_000_000_000, 2 ** 53, 1e300]) {
        assert.deepStrictEqual(yield* matching({ sequenceNumber: { lt: big } }), all)
        assert.deepStrictEqual(yield* matching({ sequenceNumber: { gte: -big } }), all)
        assert.deepStrictEqual(yield* matching({ sequenceNumber: { eq: big } }), [])
        assert.deepStrictEqual(yield* matching({ sequenceNumber: { notIn: [big, -big, 1] } }), [2 ** 31 - 1])
      }
      assert.deepStrictEqual(yield* matching({ sequenceNumber: { gt: 1.5, lt: 1e10 } }), [2 ** 31 - 1])
      assert.deepStrictEqual(yield* matching({ createdAt: { lt: "9999-12-31T23:59:59-14:00" } }), all)
      assert.deepStrictEqual(yield* matching({ createdAt: { lt: "0001-01-01T00:00:00+14:00" } }), [])
    })
  )

  it.effect("27: find in text just what is asked for: no character is a wildcard", () =>
    Effect.gen(function* () {
      yield* named(["100%_\\", "100", "100a_\\", "100%a\\", "x 100%_\\ y", "%", "_"])
      const numbered = (operator: string, value: string) => matching({ createdBy: { [operator]: value } })
      assert.deepStrictEqual(yield* numbered("contains", "100%_\\"), [1, 5])
      assert.deepStrictEqual(yield* numbered("startsWith", "100%"), [1, 4])
      assert.deepStrictEqual(yield* numbered("endsWith", "_\\"), [1, 3])
      assert.deepStrictEqual(yield* numbered("contains", "%"), [1, 4, 5, 6])
      assert.deepStrictEqual(yield* numbered("iContains", "_"), [1, 3, 5, 7])
      assert.deepStrictEqual(yield* numbered("contains", ""), numbers(7))
    })
  )

  it.effect("27: fold ASCII letters and no others", () =>
    Effect.gen(function* () {
      yield* named(["STRASSE", "straße", "É", "é", "İ", "i", "K", "k"])
      const found = (value: string) => matching({ createdBy: { iContains: value } })
      assert.deepStrictEqual(yield* found("ss"), [1])
      assert.deepStrictEqual(yield* found("STRA"), [1, 2])
      assert.deepStrictEqual(yield* found("é"), [4])
      assert.deepStrictEqual(yield* found("I"), [6])
      assert.deepStrictEqual(yield* found("K"), [7, 8])
    })
  )

  it.effect("32: keep the greatest sequence number in rows, filters and cursors", () =>
    Effect.gen(function* () {
      const most = 2 ** 31 - 1
      yield* put([deployRow(most), deployRow(most - 1), deployRow(1)])
      const walked = yield* pages({ orderBy: [{ sequenceNumber: "desc" }], limit: 1 })
      assert.deepStrictEqual(walked.flatMap(numbersOf), [most, most - 1, 1])
      const numbered = (n: number) => put([deployRow(1, { metadata: { n } })])
      yield* numbered(Number.MAX_SAFE_INTEGER)
      const path = { keys: ["n"], eq: Number.MAX_SAFE_INTEGER }
      assert.deepStrictEqual(yield* matching({ metadata: { path } }), [1])
      assert.deepStrictEqual(yield* matching({ metadata: { path: { ...path, eq: Number.MAX_SAFE_INTEGER - 1 } } }), [])
    })
  )

  it.effect("keep microseconds in rows, filters and cursors", () =>
    Effect.gen(function* () {
      yield* put(numbers(3).map((n) => deployRow(n, { createdAt: instant(n), startedAt: instant(3 - n) })))
      const between = { gt: "2026-11-24T17:44:12.000001Z", lt: "2026-11-24T19:44:12.000003+02:00" }
      assert.deepStrictEqual(yield* matching({ createdAt: between }), [2])
      const orderBy = [{ startedAt: "desc_nulls_last" }]
      const first = yield* list({ orderBy, limit: 1 })
      const second = yield* list({ orderBy, limit: 1, after: cursorOf(first.pageInfo.endCursor) })
      assert.deepStrictEqual(
        second.data.map(({ startedAt }) => startedAt),
        [instant(1)]
      )
    })
  )
}
