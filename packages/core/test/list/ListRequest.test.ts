import { Cursor, decodeListOptions, decodeListText, Filter, makeQueryPlan, Order, WorkspaceId } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { deployRow } from "./rows.ts"
import { optionsOf } from "./worlds.ts"

type Decoded = ReturnType<typeof decodeListOptions>

const faultsOf = (decoded: Decoded) =>
  Result.match(decoded, {
    onSuccess: () => [],
    onFailure: ({ faults }) => faults.map(({ code, path }) => [path, code])
  })

const cursor = Cursor.encode(Order.newest, deployRow(1))
const { id } = deployRow(1)

describe("the options of a list", () => {
  it.each([0, 101, -1, 1.5, "10", null, undefined, Number.NaN, Infinity])("refuse %s for a limit", (limit) => {
    assert.deepStrictEqual(faultsOf(decodeListOptions({ limit })), [["/limit", "invalid"]])
  })

  const wrong: ReadonlyArray<readonly [name: string, options: unknown, path: string, code: string]> = [
    ["that are none", null, "", "invalid"],
    ["with an unknown name", { page: 1 }, "/page", "unknown"],
    ["with __proto__ for a name", JSON.parse(`{"__proto__": 1}`), "/__proto__", "unknown"],
    ["with a malformed id", { ids: [id, "x"] }, "/ids/1", "invalid"],
    ["with too many ids", { ids: Array.from({ length: 1_001 }, () => id) }, "/ids", "invalid"],
    ["with a malformed workspace", { workspaceId: "a b" }, "/workspaceId", "invalid"],
    ["with an unknown status", { status: "done" }, "/status", "invalid"],
    ["with an unknown trigger", { trigger: "push" }, "/trigger", "invalid"],
    ["with nobody for a creator", { createdBy: "" }, "/createdBy", "invalid"],
    ["with NUL for a creator", { createdBy: "a\u0000" }, "/createdBy", "invalid"],
    ["with text for a flag", { total: "no" }, "/total", "invalid"],
    ["with undefined for a status", { status: undefined }, "/status", "invalid"],
    ["with a malformed cursor", { after: "x" }, "/after", "malformed_cursor"],
    ["with a number for a cursor", { before: 1 }, "/before", "invalid"],
    ["with both cursors", { after: cursor, before: cursor }, "/before", "conflict"],
    ["with a cursor of another order", { before: cursor, orderBy: [{ id: "asc" }] }, "/before", "foreign_cursor"]
  ]

  it.each(wrong)("%s are refused where they are wrong", (_, options, path, code) => {
    assert.deepStrictEqual(faultsOf(decodeListOptions(options)), [[path, code]])
  })

  it("are refused with all of their faults at once", () => {
    const options = {
      limit: 0,
      status: "done",
      after: "x",
      filter: { state: {} },
      orderBy: [{ state: "asc" }],
      page: 1
    }
    assert.deepStrictEqual(
      faultsOf(decodeListOptions(options))
        .map(([path]) => path)
        .toSorted(),
      ["/filter/state", "/limit", "/orderBy/0/state", "/page", "/status"]
    )
  })

  it("that go to the planner without a check are checked by it", () => {
    const options = JSON.parse(`{ "filter": { "state": {} }, "limit": 1000 }`)
    assert.deepStrictEqual(
      Result.getOrThrow(Result.flip(makeQueryPlan(options, "all"))).faults.map(({ path }) => path),
      ["/limit", "/filter/state"]
    )
  })

  it("have 100 rows, a total and the newest first where they say nothing", () => {
    const { limit, order, position, total } = Result.getOrThrow(makeQueryPlan({}, "all"))
    assert.deepStrictEqual(
      { limit, order, position, total },
      { limit: 100, order: Order.newest, position: null, total: true }
    )
  })

  it("are ANDed with each other and with the filter", () => {
    const options = { workspaceId: "ws_a", status: "failed", ids: [id], filter: { isLive: { eq: false } } }
    const { filter } = Result.getOrThrow(makeQueryPlan(optionsOf(options), "all"))
    assert.strictEqual(filter._tag, "And")
    assert.lengthOf(filter._tag === "And" ? filter.filters : [], 4)
  })

  it("that ask for what nobody may see need no store", () => {
    const scope = [WorkspaceId.make("ws_a"), WorkspaceId.make("ws_b")]
    const filterOf = (options: unknown) => Result.getOrThrow(makeQueryPlan(optionsOf(options), scope)).filter
    assert.strictEqual(filterOf({ workspaceId: "ws_c" }), Filter.nothing)
    assert.strictEqual(filterOf({ ids: [] }), Filter.nothing)
    const own = filterOf({ workspaceId: "ws_a" })
    assert.deepStrictEqual(own._tag === "In" ? own.values : [], ["ws_a"])
  })
})

describe("options as text", () => {
  it("are read as the parameters of a query are", () => {
    const text = {
      limit: "25",
      total: "false",
      ids: `${id},${id}`,
      status: "failed",
      filter: `{"error":{"isNull":false}}`,
      orderBy: `[{"id":"asc"}]`
    }
    assert.deepStrictEqual(
      Result.getOrThrow(decodeListText(text)),
      optionsOf({
        limit: 25,
        total: false,
        ids: [id, id],
        status: "failed",
        filter: { error: { isNull: false } },
        orderBy: [{ id: "asc" }]
      })
    )
  })

  it.each([
    ["limit", "a letter", "x", "invalid"],
    ["limit", "an exponent", "1e1", "invalid"],
    ["limit", "nothing", "", "invalid"],
    ["limit", "too great a number", "101", "invalid"],
    ["total", "a number", "1", "invalid"],
    ["ids", "nothing", "", "invalid"],
    ["filter", "nothing", "", "json"],
    ["filter", "half an object", "{", "json"],
    ["orderBy", "a name", "id", "json"],
    ["filter", "more than 16 KiB of UTF-8", JSON.stringify({ error: { eq: "é".repeat(8_200) } }), "size"],
    ["filter", "a megabyte", "[".repeat(1_000_000), "size"],
    ["nope", "anything", "", "unknown"],
    ["__proto__", "anything", "", "unknown"]
  ])("refuse for %s %s", (name, _, text, code) => {
    const faults = faultsOf(decodeListText(Object.fromEntries([[name, text]])))
    assert.strictEqual(faults[0]?.[1], code)
    assert.match(String(faults[0]?.[0]), new RegExp(`^/${name}`))
  })

  it("are refused with all of their faults at once", () => {
    const faults = faultsOf(decodeListText({ filter: "{", orderBy: `[{"id":"up"}]`, limit: "x" }))
    assert.deepStrictEqual(faults.map(([path]) => path).toSorted(), ["/filter", "/limit", "/orderBy/0/id"])
  })
})
