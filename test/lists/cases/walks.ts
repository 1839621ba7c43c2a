import { Order } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { type Cases, Lists } from "../Lists.ts"
import { cursorOf, deployRow, instant, list, numbers, numbersOf, pages, pagesBackwards, stepRow } from "./rows.ts"

const directions = Object.entries(Order.directions)

/** Five deploys a tenth of a millisecond apart. */
const close = { deploys: numbers(5).map((n) => deployRow(n, { createdAt: instant(86_000 + n * 100) })) }

/** Two deploys that have started, at once, and two that have not. */
const halfStarted = {
  deploys: [1, 2, 3, 4].map((n) => deployRow(n, { startedAt: n < 3 ? instant(5) : null }))
}

/** Cases about pages that follow each other, by their numbers in the list of what broke elsewhere. */
export const walkCases: Cases = (it) => {
  it.effect("1: go up through instants less than a millisecond apart, and end", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill(close))
      const walked = yield* pages({ orderBy: [{ createdAt: "asc" }], limit: 1 })
      assert.deepStrictEqual(walked.map(numbersOf), [[1], [2], [3], [4], [5]])
    })
  )

  it.effect("2: go down through them and leave none out", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill(close))
      const walked = yield* pages({ orderBy: [{ createdAt: "desc" }], limit: 2 })
      assert.deepStrictEqual(walked.map(numbersOf), [[5, 4], [3, 2], [1]])
    })
  )

  it.effect("3: have before a row what precedes it, and never the row itself", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill(close))
      const options = { orderBy: [{ createdAt: "asc" }] }
      for (const [index, { pageInfo }] of (yield* pages({ ...options, limit: 1 })).entries()) {
        const before = yield* list({ ...options, before: pageInfo.startCursor, limit: 2 })
        assert.deepStrictEqual(numbersOf(before), numbers(5).slice(Math.max(0, index - 2), index))
      }
    })
  )

  it.effect("4: go on behind nulls in all six directions", () =>
    Effect.gen(function* () {
      const deploys = numbers(6).map((n) => deployRow(n, { startedAt: n % 2 === 0 ? null : instant(n) }))
      yield* Lists.use(({ fill }) => fill({ deploys }))
      const [present, absent] = [
        [1, 3, 5],
        [2, 4, 6]
      ]
      const expected: Readonly<Record<string, ReadonlyArray<number>>> = {
        asc: [...present, ...absent],
        asc_nulls_last: [...present, ...absent],
        asc_nulls_first: [...absent, ...present],
        desc: [...absent.toReversed(), ...present.toReversed()],
        desc_nulls_first: [...absent.toReversed(), ...present.toReversed()],
        desc_nulls_last: [...present.toReversed(), ...absent.toReversed()]
      }
      for (const [direction] of directions) {
        const walked = yield* pages({ orderBy: [{ startedAt: direction }], limit: 1 })
        assert.deepStrictEqual(walked.flatMap(numbersOf), expected[direction], direction)
      }
    })
  )

  it.effect("5: cross from values to nulls and back, in both directions", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill(halfStarted))
      for (const [direction] of directions) {
        const options = { orderBy: [{ startedAt: direction }], limit: 1 }
        const forwards = yield* pages(options)
        const end = cursorOf(forwards.at(-1)?.pageInfo.startCursor)
        const backwards = yield* pagesBackwards(options, end)
        assert.deepStrictEqual(
          backwards.toReversed().flatMap(numbersOf),
          forwards.slice(0, -1).flatMap(numbersOf),
          direction
        )
        assert.lengthOf(forwards, 4)
      }
    })
  )

  it.effect("6: stay right when one statement is used again with other cursors", () =>
    Effect.gen(function* () {
      const deploys = numbers(40).map((n) => deployRow(n, { error: n % 3 === 0 ? null : `e${n % 4}` }))
      yield* Lists.use(({ fill }) => fill({ deploys }))
      for (const orderBy of [[{ error: "desc" }], [{ error: "asc_nulls_first" }, { sequenceNumber: "desc" }]]) {
        const one = yield* pages({ orderBy, limit: 1 })
        const all = yield* list({ orderBy })
        assert.deepStrictEqual(one.flatMap(numbersOf), numbersOf(all))
      }
    })
  )

  it.effect("7: are disjoint and complete where all rows tie", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill({ deploys: numbers(50).map((n) => deployRow(n)) }))
      for (const orderBy of [
        [{ createdAt: "desc" }],
        [{ status: "asc" }, { trigger: "desc" }],
        [{ startedAt: "asc" }]
      ]) {
        const seen = (yield* pages({ orderBy, limit: 7 })).flatMap(numbersOf)
        assert.deepStrictEqual(
          seen.toSorted((a, b) => a - b),
          numbers(50)
        )
      }
    })
  )

  it.effect("13: lead back from the third to the second, row for row", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill({ deploys: numbers(10).map((n) => deployRow(n)) }))
      const [, second, third] = yield* pages({ limit: 3 })
      const back = yield* list({ limit: 3, before: third?.pageInfo.startCursor })
      assert.deepStrictEqual(back, second)
    })
  )

  it.effect("14: tell on both sides whether there is more", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill({ deploys: numbers(7).map((n) => deployRow(n)) }))
      const orderBy = [{ sequenceNumber: "asc" }]
      const cursors = (yield* pages({ orderBy, limit: 1 })).map(({ pageInfo }) => pageInfo.endCursor)
      for (const limit of [1, 2, 3, 7]) {
        for (const [index, cursor] of cursors.entries()) {
          const after = yield* list({ orderBy, limit, after: cursor })
          assert.deepInclude(after.pageInfo, { hasPreviousPage: true, hasNextPage: index + 1 + limit < 7 })
          const before = yield* list({ orderBy, limit, before: cursor })
          assert.deepInclude(before.pageInfo, { hasPreviousPage: index - limit > 0, hasNextPage: true })
        }
      }
    })
  )

  it.effect("23, 24: hold a deploy once however many of its steps match, and are full but for the last", () =>
    Effect.gen(function* () {
      const deploys = numbers(25).map((n) => deployRow(n))
      const steps = numbers(25).flatMap((n) => numbers(5, 0).map((index) => stepRow(n, index)))
      yield* Lists.use(({ fill }) => fill({ deploys, steps }))
      const filter = { steps: { some: { name: { eq: "upload" } } } }
      const walked = yield* pages({ filter, limit: 10 })
      assert.deepStrictEqual(
        walked.map(({ data }) => data.length),
        [10, 10, 5]
      )
      assert.deepStrictEqual(
        walked.map(({ pageInfo }) => pageInfo.total),
        [25, 25, 25]
      )
    })
  )

  it.effect("28: visit everything by what a page tells of itself", () =>
    Effect.gen(function* () {
      yield* Lists.use(({ fill }) => fill({ deploys: numbers(130).map((n) => deployRow(n)) }))
      const walked = yield* pages({})
      assert.deepStrictEqual(
        walked.map(({ data }) => data.length),
        [100, 30]
      )
      assert.lengthOf(new Set(walked.flatMap(numbersOf)), 130)
    })
  )
}
