import { decodeListOptions } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

/** Where a filter is wrong, and how; empty where it is not. */
const faultsOf = (filter: unknown): ReadonlyArray<readonly [path: string, code: string]> =>
  Result.match(decodeListOptions({ filter }), {
    onSuccess: () => [],
    onFailure: ({ faults }) => faults.map(({ code, path }) => [path, code] as const)
  })

const nest = (levels: number, wrap: (inner: unknown) => unknown, innermost: unknown = {}) => {
  let filter = innermost
  for (let i = 1; i < levels; i++) filter = wrap(filter)
  return filter
}

describe("a filter", () => {
  const wrong: ReadonlyArray<readonly [name: string, filter: unknown, path: string, code: string]> = [
    ["that is no object", [], "/filter", "invalid"],
    ["that is null", null, "/filter", "invalid"],
    ["that is undefined", undefined, "/filter", "invalid"],
    ["with an unknown field", { AND: [{}, { state: {} }] }, "/filter/AND/1/state", "unknown"],
    ["with a field of another resource", { build: { trigger: {} } }, "/filter/build/trigger", "unknown"],
    ["with __proto__ for a field", JSON.parse(`{"__proto__": {}}`), "/filter/__proto__", "unknown"],
    ["with constructor for a field", { constructor: {} }, "/filter/constructor", "unknown"],
    ["with toString for an operator", { status: { toString: "x" } }, "/filter/status/toString", "unknown"],
    ["with a slash in a name", { "a/b~c": {} }, "/filter/a~1b~0c", "unknown"],
    [
      "with an unknown operator deep inside",
      { AND: [{}, { steps: { some: { status: { eqq: "failed" } } } }] },
      "/filter/AND/1/steps/some/status/eqq",
      "unknown"
    ],
    ["with an operator of another kind", { isLive: { lt: true } }, "/filter/isLive/lt", "unknown"],
    ["with an unknown quantifier", { steps: { any: {} } }, "/filter/steps/any", "unknown"],
    ["with a filter where a quantifier belongs", { steps: { status: {} } }, "/filter/steps/status", "unknown"],
    ["with an object for AND", { AND: {} }, "/filter/AND", "invalid"],
    ["with an array for NOT", { NOT: [{}] }, "/filter/NOT", "invalid"],
    ["with null for a field", { status: null }, "/filter/status", "invalid"],
    ["with null for an operand", { error: { eq: null } }, "/filter/error/eq", "null"],
    ["with undefined for an operand", { error: { eq: undefined } }, "/filter/error/eq", "null"],
    ["with null for a part of text", { error: { contains: null } }, "/filter/error/contains", "null"],
    ["with null for isNull", { error: { isNull: null } }, "/filter/error/isNull", "null"],
    ["with null in a list", { error: { notIn: ["a", null] } }, "/filter/error/notIn/1", "null"],
    ["with null for a document", { metadata: { contains: null } }, "/filter/metadata/contains", "null"],
    ["with no list for in", { status: { in: "failed" } }, "/filter/status/in", "invalid"],
    ["with an unknown status", { status: { in: ["failed", "Failed"] } }, "/filter/status/in/1", "invalid"],
    ["with a malformed id", { id: { eq: "dep_X" } }, "/filter/id/eq", "invalid"],
    ["with an id in upper case", { id: { eq: "DEP_01J00000000000000000000000" } }, "/filter/id/eq", "invalid"],
    ["with a number for text", { error: { contains: 1 } }, "/filter/error/contains", "invalid"],
    ["with text for a number", { sequenceNumber: { eq: "1" } }, "/filter/sequenceNumber/eq", "invalid"],
    ["with no number", { sequenceNumber: { eq: Number.NaN } }, "/filter/sequenceNumber/eq", "invalid"],
    ["with NUL", { error: { eq: "a\u0000" } }, "/filter/error/eq", "invalid"],
    ["with NUL for an id", { entityId: { eq: "a\u0000" } }, "/filter/entityId/eq", "invalid"],
    ["with half a pair", { error: { iContains: "\ud800" } }, "/filter/error/iContains", "invalid"],
    ["with NUL in a document", { metadata: { contains: { a: ["\u0000"] } } }, "/filter/metadata/contains", "invalid"],
    [
      "with NUL in a document's key",
      { metadata: { contains: { "\u0000": 1 } } },
      "/filter/metadata/contains",
      "invalid"
    ],
    ["with a key that is empty", { metadata: { hasKey: "" } }, "/filter/metadata/hasKey", "invalid"],
    ["with a path without keys", { metadata: { path: {} } }, "/filter/metadata/path/keys", "required"],
    ["with a path of no keys", { metadata: { path: { keys: [] } } }, "/filter/metadata/path/keys", "required"],
    ["with an index in a path", { metadata: { path: { keys: ["a", 0] } } }, "/filter/metadata/path/keys/1", "invalid"],
    ["with NUL in a path", { metadata: { path: { keys: ["\u0000"] } } }, "/filter/metadata/path/keys/0", "invalid"],
    ["with null in a path", { metadata: { path: { keys: ["a"], eq: null } } }, "/filter/metadata/path/eq", "null"],
    [
      "with a path in a path",
      { metadata: { path: { keys: ["a"], path: {} } } },
      "/filter/metadata/path/path",
      "unknown"
    ],
    [
      "with a range over flags",
      { metadata: { path: { keys: ["a"], lt: true } } },
      "/filter/metadata/path/lt",
      "invalid"
    ],
    ["with a day that is none", { createdAt: { eq: "2025-02-29T00:00:00Z" } }, "/filter/createdAt/eq", "invalid"],
    ["with isNull of a row in vain", { build: { AND: [{ isNull: true }] } }, "/filter/build/AND/0/isNull", "unknown"],
    ["with isNull of a step", { steps: { some: { isNull: true } } }, "/filter/steps/some/isNull", "unknown"]
  ]

  it.each(wrong)("%s is refused where it is wrong", (_, filter, path, code) => {
    assert.deepStrictEqual(faultsOf(filter), [[path, code]])
  })

  it("is refused with all of its faults at once", () => {
    const filter = {
      state: {},
      status: { eq: "done", like: 1 },
      OR: [{ steps: { some: { index: { gt: "a" } } } }, 1, { createdAt: { lt: "yesterday" } }]
    }
    assert.deepStrictEqual(faultsOf(filter), [
      ["/filter/state", "unknown"],
      ["/filter/status/eq", "invalid"],
      ["/filter/status/like", "unknown"],
      ["/filter/OR/0/steps/some/index/gt", "invalid"],
      ["/filter/OR/1", "invalid"],
      ["/filter/OR/2/createdAt/lt", "invalid"]
    ])
  })

  it("names the operators that there are", () => {
    const found = Result.getOrThrow(Result.flip(decodeListOptions({ filter: { status: { eqq: 1 } } })))
    assert.include(found.message, "eq, ne, in, notIn, isNull")
  })
})

describe("the limits of a filter", () => {
  const wraps: ReadonlyArray<readonly [name: string, step: string, wrap: (inner: unknown) => unknown]> = [
    ["AND", "/AND/0", (inner) => ({ AND: [inner] })],
    ["OR", "/OR/0", (inner) => ({ OR: [inner] })],
    ["NOT", "/NOT", (inner) => ({ NOT: inner })]
  ]

  it.each(wraps)("let eight levels of %s pass and refuse the ninth, however many follow", (_, step, wrap) => {
    assert.deepStrictEqual(faultsOf(nest(8, wrap, { status: { in: ["failed"] } })), [])
    const refused = [[`/filter${step.repeat(8)}`, "too_deep"] as const]
    for (const levels of [9, 150, 100_000]) assert.deepStrictEqual(faultsOf(nest(levels, wrap)), refused)
  })

  it("count a relation as a level, and its quantifier as another", () => {
    const wrap = (inner: unknown) => ({ AND: [inner] })
    const step = { steps: { some: { index: { eq: 0 } } } }
    const version = { build: { version: { entity: { workspace: { name: { eq: "a" } } } } } }
    assert.deepStrictEqual(faultsOf(nest(6, wrap, step)), [])
    assert.deepStrictEqual(faultsOf(nest(7, wrap, step)), [[`/filter${"/AND/0".repeat(6)}/steps/some`, "too_deep"]])
    assert.deepStrictEqual(faultsOf(nest(4, wrap, version)), [])
    assert.lengthOf(faultsOf(nest(5, wrap, version)), 1)
  })

  it("let 200 filters and operators pass and refuse one more", () => {
    const filters = (n: number) => ({ AND: Array.from({ length: n }, () => ({})) })
    assert.deepStrictEqual(faultsOf(filters(199)), [])
    assert.deepStrictEqual(faultsOf(filters(200)), [["/filter", "too_many_nodes"]])
    const operators = (n: number) => ({ OR: Array.from({ length: n }, () => ({ index: 1, status: { eq: "failed" } })) })
    assert.strictEqual(faultsOf(operators(100))[0]?.[1], "too_many_nodes")
    const tests = (n: number) => ({ AND: Array.from({ length: n }, () => ({ isLive: { eq: true } })) })
    assert.deepStrictEqual(faultsOf(tests(99)), [])
    assert.deepStrictEqual(faultsOf(tests(100)), [["/filter", "too_many_nodes"]])
    const paths = (n: number) => ({
      AND: Array.from({ length: n }, () => ({ metadata: { path: { keys: ["a"], eq: 1 } } }))
    })
    assert.deepStrictEqual(faultsOf(paths(66)), [])
    assert.deepStrictEqual(faultsOf(paths(67)), [["/filter", "too_many_nodes"]])
  })

  it("let 1,000 values of a list pass and refuse one more", () => {
    const values = (n: number) => ({ createdBy: { in: Array.from({ length: n }, (_, i) => `user ${i}`) } })
    assert.deepStrictEqual(faultsOf(values(1_000)), [])
    assert.deepStrictEqual(faultsOf(values(1_001)), [["/filter/createdBy/in", "too_many_values"]])
  })

  it("hold JSON to 64 levels", () => {
    const document = (levels: number) => ({ metadata: { contains: nest(levels, (a) => ({ a })) } })
    assert.deepStrictEqual(faultsOf(document(64)), [])
    for (const levels of [65, 100_000]) {
      assert.deepStrictEqual(faultsOf(document(levels)), [["/filter/metadata/contains", "invalid"]])
    }
  })

  it("hold what is told to a hundred faults", () => {
    const filter = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field ${i}`, {}]))
    assert.lengthOf(faultsOf(filter), 100)
  })
})
