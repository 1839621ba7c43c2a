import { type Deploy, type ListOptions, makeQueryPlan, selectPage } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { listAll } from "../../src/list/ListAll.ts"
import { Chance } from "./generate.ts"
import { deployRow, instant } from "./rows.ts"

const orders: ReadonlyArray<NonNullable<ListOptions["orderBy"]>> = [
  [{ createdAt: "desc" }],
  [{ startedAt: "asc_nulls_first" }, { sequenceNumber: "desc" }],
  [{ error: "desc_nulls_last" }],
  [{ isLive: "desc" }, { startedAt: "desc" }],
  [{ id: "asc" }]
]

/** A row with many ties and nulls. */
const rowOf = (chance: Chance, n: number): Deploy =>
  deployRow(n, {
    createdAt: instant(chance.below(4)),
    startedAt: chance.hit(0.5) ? null : instant(chance.below(3)),
    error: chance.hit(0.5) ? null : chance.pick(["a", "b", ""]),
    isLive: chance.hit(0.5)
  })

/** Rows that come and go each time a page has been read, and those that are there all the time. */
const makeTable = (chance: Chance) => {
  const staying = Array.from({ length: 25 }, (_, n) => rowOf(chance, 2 * n))
  let passing = Array.from({ length: 8 }, (_, n) => rowOf(chance, 500 + n))
  let reads = 0
  const read = (options: ListOptions) =>
    Effect.map(Effect.fromResult(makeQueryPlan(options, "all")), (plan) => {
      const page = selectPage(plan, [...staying, ...passing], () => [])
      reads++
      passing = passing.filter(() => chance.hit(0.6))
      // A walk by id would never end behind rows that always come at the end.
      if (reads < 30) passing.push(rowOf(chance, 1000 + reads), rowOf(chance, 2 * reads + 1))
      return page
    })
  return { staying, read, reads: () => reads }
}

const quiet = (rows: ReadonlyArray<Deploy>, options: ListOptions) =>
  Effect.map(Effect.fromResult(makeQueryPlan({ ...options, limit: 100 }, "all")), (plan) =>
    selectPage(plan, rows, () => [])
  )

describe("a walk over a whole list", () => {
  it.effect("sees every row that stays exactly once, in order, while others come and go", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 100; seed++) {
        const chance = new Chance(seed)
        const { read, staying } = makeTable(chance)
        const options = { orderBy: chance.pick(orders), limit: 1 + chance.below(5) }
        const seen = yield* Stream.runCollect(listAll(read, options))
        const stayed = seen.filter((row) => staying.includes(row))
        assert.deepStrictEqual(stayed, [...(yield* quiet(staying, options)).data], `seed ${seed}`)
        assert.strictEqual(new Set(seen.map(({ id }) => id)).size, seen.length, `seed ${seed}`)
      }
    })
  )

  it.effect("sees backwards what stands before its start, the nearest first", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 100; seed++) {
        const chance = new Chance(seed)
        const { read, staying } = makeTable(chance)
        const options = { orderBy: chance.pick(orders), limit: 1 + chance.below(5) }
        const { data, pageInfo } = yield* quiet(staying, options)
        const before = pageInfo.endCursor ?? assert.fail("there are rows")
        const seen = yield* Stream.runCollect(listAll(read, { ...options, before }))
        const stayed = seen.filter((row) => staying.includes(row))
        assert.deepStrictEqual(stayed, data.slice(0, -1).toReversed(), `seed ${seed}`)
      }
    })
  )

  it.effect("reads a page when its rows are wanted, and none that is not", () =>
    Effect.gen(function* () {
      const { read, reads } = makeTable(new Chance(1))
      assert.lengthOf(yield* Stream.runCollect(Stream.take(listAll(read, { limit: 3 }), 4)), 4)
      assert.strictEqual(reads(), 2)
    })
  )

  it.effect("of no rows ends at once, and fails with what a page fails with", () =>
    Effect.gen(function* () {
      const { read } = makeTable(new Chance(1))
      assert.deepStrictEqual(yield* Stream.runCollect(listAll(read, { filter: { OR: [] } })), [])
      const error = yield* Effect.flip(Stream.runCollect(listAll(read, { limit: 101 })))
      assert.deepStrictEqual(
        error.faults.map(({ path }) => path),
        ["/limit"]
      )
    })
  )
})
