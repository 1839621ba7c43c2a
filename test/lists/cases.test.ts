/**
 * What broke lists elsewhere, case by case, under the numbers of the list that it was gathered in. Those that no store has a
 * part in stand here; these have no test of their own here:
 *
 * - 8 (a cursor without the columns of its order): rows are never cut to some of their fields.
 * - 11, 17, 19, 25, 26, 28, 30, 31 also over HTTP: `packages/http/test/lists`.
 * - 12, 13, 14, 21 also through each store's own writes: `test/contract/deploy-store/list.ts`.
 */
import { Cursor, decodeListOptions, decodeListText, Order } from "@deploys/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Layer, Result } from "effect"
import { deployRow } from "../../packages/core/test/list/rows.ts"
import { available } from "../setup/database.ts"
import { onPglite, onPostgres } from "../setup/sqlStore.ts"
import { logicCases } from "./cases/logic.ts"
import { movingCases } from "./cases/moving.ts"
import { scopeCases } from "./cases/scope.ts"
import { valueCases } from "./cases/values.ts"
import { walkCases } from "./cases/walks.ts"
import { type Cases, Lists } from "./Lists.ts"

const groups: ReadonlyArray<readonly [name: string, cases: Cases]> = [
  ["pages", walkCases],
  ["pages between which rows move", movingCases],
  ["filters", logicCases],
  ["values", valueCases],
  ["lists of a scope", scopeCases]
]

const suite = <E>(name: string, lists: Layer.Layer<Lists, E>) =>
  layer(lists)(`on ${name}`, (it) => {
    for (const [group, cases] of groups) {
      describe(group, () => {
        cases(it)
      })
    }
  })

suite("memory", Lists.layerMemory)
suite("PGlite", Layer.provide(Lists.layerSql, onPglite))
describe.skipIf(!available)("on a server", () => {
  suite("PostgreSQL", Layer.provide(Lists.layerSql, onPostgres))
})

const faultsOf = (options: unknown) =>
  Result.match(decodeListOptions(options), {
    onSuccess: () => [],
    onFailure: ({ faults }) => faults.map(({ code, path }) => [path, code])
  })

describe("a list is refused", () => {
  it("11: with the cursor of any other order", () => {
    const cursor = Cursor.encode(Order.newest, deployRow(1))
    const others = [
      [{ createdAt: "asc" }],
      [{ startedAt: "desc" }],
      [{ createdAt: "desc_nulls_last" }],
      [{ createdAt: "desc" }, { status: "desc" }],
      [{ createdAt: "desc" }, { id: "asc" }],
      [{ id: "desc" }]
    ]
    for (const orderBy of others)
      assert.deepStrictEqual(faultsOf({ orderBy, after: cursor }), [["/after", "foreign_cursor"]])
    for (const orderBy of [[{ createdAt: "desc" }], [{ createdAt: "desc_nulls_first" }, { id: "desc" }]]) {
      assert.deepStrictEqual(faultsOf({ orderBy, after: cursor }), [])
    }
  })

  it("17: with null or undefined for an operand, rather than answered with all rows", () => {
    for (const operand of [null, undefined]) {
      assert.deepStrictEqual(faultsOf({ filter: { error: { eq: operand } } }), [["/filter/error/eq", "null"]])
      assert.deepStrictEqual(faultsOf({ filter: { error: { in: [operand] } } }), [["/filter/error/in/0", "null"]])
      assert.deepStrictEqual(faultsOf({ filter: { error: operand } }), [["/filter/error", "invalid"]])
      assert.deepStrictEqual(faultsOf({ filter: operand }), [["/filter", "invalid"]])
      assert.deepStrictEqual(faultsOf({ workspaceId: operand }), [["/workspaceId", "invalid"]])
    }
  })

  it("19: with null among the values of notIn", () => {
    assert.deepStrictEqual(faultsOf({ filter: { error: { notIn: ["a", null] } } }), [["/filter/error/notIn/1", "null"]])
  })

  it("25: with text and times that a database would not take", () => {
    for (const text of ["\0", "a\ud800", "\udc00"]) {
      assert.deepStrictEqual(faultsOf({ filter: { error: { eq: text } } }), [["/filter/error/eq", "invalid"]])
    }
    const times = [
      "+300000-01-01T00:00:00Z",
      "+275760-09-13T00:00:00Z",
      "2026-11-24T23:59:60Z",
      "2026-11-24T17:44:12.9999999Z"
    ]
    for (const time of times) {
      assert.deepStrictEqual(faultsOf({ filter: { createdAt: { lt: time } } }), [["/filter/createdAt/lt", "invalid"]])
    }
  })

  it("26: with a filter of 9 levels as with one of 10,000, and with a megabyte before it is parsed", () => {
    const nested = (levels: number) => `${'{"NOT":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`
    for (const levels of [9, 10_000]) {
      const filter: unknown = JSON.parse(nested(levels))
      assert.deepStrictEqual(faultsOf({ filter }), [[`/filter${"/NOT".repeat(8)}`, "too_deep"]])
    }
    const faults = Result.getOrThrow(Result.flip(decodeListText({ filter: nested(130_000) }))).faults
    assert.deepStrictEqual(
      faults.map(({ code, path }) => [path, code]),
      [["/filter", "size"]]
    )
  })

  it("28: with a limit that is no number from 1 to 100", () => {
    for (const limit of [0, 101, -1, 1.5, "x"]) assert.deepStrictEqual(faultsOf({ limit }), [["/limit", "invalid"]])
  })

  it("30: with an order whose keys have none themselves", () => {
    const wrong: ReadonlyArray<readonly [orderBy: unknown, path: string]> = [
      [[{ status: "asc", id: "desc" }], "/orderBy/0"],
      [[{ id: "asc" }, { id: "desc" }], "/orderBy/1/id"],
      [[], "/orderBy"]
    ]
    for (const [orderBy, path] of wrong)
      assert.deepStrictEqual(
        faultsOf({ orderBy }).map(([at]) => at),
        [path]
      )
  })

  it("31: with keys that every object has", () => {
    const filter: unknown = JSON.parse('{"__proto__":{"isLive":{"eq":true}},"constructor":{"prototype":{}}}')
    assert.deepStrictEqual(faultsOf({ filter }), [
      ["/filter/__proto__", "unknown"],
      ["/filter/constructor", "unknown"]
    ])
    assert.isUndefined(Reflect.get({}, "isLive"))
  })
})
