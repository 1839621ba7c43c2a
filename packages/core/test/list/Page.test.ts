import { makeQueryPlan, Page, selectPage } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { Chance, makeFilter, makeOrderBy, makeWorld } from "./generate.ts"
import { type Json, matches, type Row, sorted, type World } from "./naive.ts"
import { optionsOf, relativesIn } from "./worlds.ts"

const firstSeed = Number(process.env["SEED"] ?? 1)
const seeds = Array.from({ length: 250 }, (_, i) => firstSeed + i)

const pageOf = (options: Json, world: World) =>
  selectPage(Result.getOrThrow(makeQueryPlan(optionsOf(options), "all")), world.deploys, relativesIn(world))

/** What a page must be that takes these rows out of the whole list. */
const expected = (list: ReadonlyArray<Row>, from: number, to: number) => ({
  data: list.slice(from, to),
  total: list.length,
  hasPreviousPage: from > 0,
  hasNextPage: to < list.length
})

const told = ({ data, pageInfo }: ReturnType<typeof pageOf>) => ({
  data,
  total: pageInfo.total,
  hasPreviousPage: pageInfo.hasPreviousPage,
  hasNextPage: pageInfo.hasNextPage
})

interface Case {
  readonly world: World
  readonly list: ReadonlyArray<Row>
  readonly options: Json
  readonly limit: number
  readonly says: string
}

const caseOf = (seed: number): Case => {
  const chance = new Chance(seed)
  const world = makeWorld(chance)
  const [filter, orderBy, limit] = [makeFilter(chance), makeOrderBy(chance), 1 + chance.below(4)]
  const rows = world.deploys.filter((row) => matches(filter, "deploys", row, world))
  const options = { filter, orderBy, limit }
  return { world, list: sorted(rows, orderBy), options, limit, says: `SEED=${seed} ${JSON.stringify(options)}` }
}

/** The cursor of each row of a list, out of pages of one row. */
const cursorsOf = ({ list, options, world }: Case) => {
  const page = pageOf({ ...options, filter: { id: { in: list.map(({ id }) => id) } }, limit: 1 }, world)
  const cursors = [page.pageInfo.startCursor]
  while (cursors.length < list.length) {
    const next = pageOf({ ...options, limit: 1, after: cursors.at(-1) }, world)
    cursors.push(next.pageInfo.startCursor)
  }
  return list.length === 0 ? [] : cursors
}

describe("a list", () => {
  it("walked forwards holds each row once, with flags that are right", () => {
    for (const seed of seeds) {
      const { limit, list, options, says, world } = caseOf(seed)
      let page = pageOf(options, world)
      for (let from = 0; ; from += limit) {
        assert.deepStrictEqual(told(page), expected(list, from, Math.min(from + limit, list.length)), says)
        if (!page.pageInfo.hasNextPage) break
        page = pageOf({ ...options, after: page.pageInfo.endCursor }, world)
      }
    }
  })

  it("has before each row the rows that directly precede it", () => {
    for (const seed of seeds) {
      const one = caseOf(seed)
      const { limit, list, options, says, world } = one
      cursorsOf(one).forEach((before, i) => {
        const page = pageOf({ ...options, before }, world)
        assert.deepStrictEqual(told(page), expected(list, Math.max(0, i - limit), i), `${says} before ${i}`)
      })
    }
  })

  it("goes on from a cursor whose row is gone", () => {
    for (const seed of seeds) {
      const one = caseOf(seed)
      const { limit, list, options, says, world } = one
      cursorsOf(one).forEach((cursor, i) => {
        const left = { ...world, deploys: world.deploys.filter(({ id }) => id !== list[i]?.["id"]) }
        const rest = list.toSpliced(i, 1)
        const after = pageOf({ ...options, after: cursor }, left)
        assert.deepStrictEqual(told(after), expected(rest, i, Math.min(i + limit, rest.length)), `${says} after ${i}`)
        const before = pageOf({ ...options, before: cursor }, left)
        assert.deepStrictEqual(told(before), expected(rest, Math.max(0, i - limit), i), `${says} before ${i}`)
      })
    }
  })

  it("leaves the total out when it is not asked for", () => {
    const world = makeWorld(new Chance(firstSeed))
    assert.isNull(pageOf({ total: false }, world).pageInfo.total)
    assert.strictEqual(pageOf({}, world).pageInfo.total, world.deploys.length)
  })

  it("has null cursors and no neighbours where it is empty", () => {
    const world = makeWorld(new Chance(firstSeed))
    assert.deepStrictEqual(pageOf({ filter: { OR: [] } }, world).pageInfo, {
      total: 0,
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null
    })
  })
})

// Stores write a page by `JSON.stringify`, and those that read rows from SQL never decode them.
it.effect.prop("a page is what its schema encodes it as", [Page], ([page]) =>
  Effect.gen(function* () {
    const encoded = yield* Schema.encodeEffect(Schema.fromJsonString(Schema.toCodecJson(Page)))(page)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(page)), JSON.parse(encoded))
  })
)
