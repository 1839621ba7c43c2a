import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { type Cases, Lists } from "../Lists.ts"
import { cursorOf, deployRow, instant, list, numbers, numbersOf, pages, walk } from "./rows.ts"

const staying = numbers(12).map((n) =>
  deployRow(n * 10, { createdAt: instant(n), startedAt: n % 3 === 0 ? null : instant(n % 4) })
)

/** What stands beside those that stay once so many pages have been read: each time others. */
const passing = (page: number) => [
  deployRow(page * 10 + 5, { createdAt: instant(page), startedAt: page % 2 === 0 ? null : instant(2) }),
  deployRow(1_001 + page * 10, { createdAt: instant(page * 3), startedAt: instant(page % 4) })
]

const comeAndGo = (page: number) => Lists.use(({ fill }) => fill({ deploys: [...staying, ...passing(page)] }))

const orders = [
  [{ createdAt: "desc" }],
  [{ startedAt: "desc" }, { createdAt: "asc" }],
  [{ startedAt: "asc_nulls_first" }, { sequenceNumber: "desc" }]
] as const

/** Cases about rows that come, go and change between pages. */
export const movingCases: Cases = (it) => {
  it.effect("12: go on as before when the cursor's row is deleted or leaves the filter", () =>
    Effect.gen(function* () {
      const deploys = numbers(6).map((n) => deployRow(n, { createdAt: instant(n) }))
      const options = { filter: { status: { eq: "pending" } }, orderBy: [{ createdAt: "asc" }], limit: 2 }
      yield* Lists.use(({ fill }) => fill({ deploys }))
      const first = yield* list(options)
      const after = cursorOf(first.pageInfo.endCursor)
      const without = deploys.filter(({ sequenceNumber }) => sequenceNumber !== 2)
      for (const rows of [without, [...without, deployRow(2, { createdAt: instant(2), status: "running" })]]) {
        yield* Lists.use(({ fill }) => fill({ deploys: rows }))
        const next = yield* list({ ...options, after })
        assert.deepStrictEqual(numbersOf(next), [3, 4])
        assert.deepInclude(next.pageInfo, { hasNextPage: true, hasPreviousPage: true, total: 5 })
        assert.deepStrictEqual(numbersOf(yield* list({ ...options, before: after })), [1])
      }
    })
  )

  it.effect("29: lose sight of a row whose key changes, and of no other", () =>
    Effect.gen(function* () {
      const before = numbers(9).map((n) => deployRow(n, { status: n % 2 === 0 ? "pending" : "running" }))
      const after = before.map((row) => (row.sequenceNumber % 4 === 0 ? { ...row, status: "failed" as const } : row))
      const options = { orderBy: [{ status: "asc" }], limit: 2 } as const
      yield* Lists.use(({ fill }) => fill({ deploys: before }))
      const seen = yield* walk(options, (page) =>
        page === 1 ? Lists.use(({ fill }) => fill({ deploys: after })) : Effect.void
      )
      const unchanged = before.filter((row) => after.includes(row)).map(({ sequenceNumber }) => sequenceNumber)
      assert.deepStrictEqual(
        seen
          .map(({ sequenceNumber }) => sequenceNumber)
          .filter((n) => unchanged.includes(n))
          .toSorted((a, b) => a - b),
        unchanged
      )
    })
  )

  it.effect("see every row that stays exactly once, forwards and backwards, while others come and go", () =>
    Effect.gen(function* () {
      for (const orderBy of orders) {
        const options = { orderBy, limit: 2 }
        yield* Lists.use(({ fill }) => fill({ deploys: staying }))
        const quiet = (yield* pages(options)).flatMap(({ data }) => data)
        const last = cursorOf((yield* list({ orderBy })).pageInfo.endCursor)
        const stayed = (rows: typeof quiet) =>
          rows.filter(({ sequenceNumber }) => sequenceNumber % 10 === 0).map(({ id }) => id)
        yield* comeAndGo(0)
        const forwards = yield* walk(options, comeAndGo)
        assert.deepStrictEqual(stayed(forwards), stayed(quiet))
        yield* comeAndGo(0)
        const backwards = yield* walk({ ...options, before: last }, comeAndGo)
        assert.deepStrictEqual(stayed(backwards), stayed(quiet).slice(0, -1).toReversed())
      }
    })
  )
}
