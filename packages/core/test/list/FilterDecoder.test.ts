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
    ["that is no object", [], "/filter", "wrong_type"],
    ["that is null", null, "/filter", "wrong_type"],
    ["that is undefined", undefined, "/filter", "wrong_type"],
    ["with an unknown field", { AND: [{}, { state: {} }] }, "/filter/AND/1/state", "unknown_field"],
    ["with a field of another resource", { build: { trigger: {} } }, "/filter/build/trigger", "unknown_field"],
    ["with __proto__ for a field", JSON.parse(`{"__proto__": {}}`), "/filter/__proto__", "unknown_field"],
    ["with constructor for a field", { constructor: {} }, "/filter/constructor", "unknown_field"],
    ["with toString for an operator", { status: { toString: "x" } }, "/filter/status/toString", "unknown_operator"],
    ["with a slash in a name", { "a/b~c": {} }, "/filter/a~1b~0c", "unknown_field"],
    [
      "with an unknown operator deep inside",
      { AND: [{}, { steps: { some: { status: { eqq: "failed" } } } }] },
      "/filter/AND/1/steps/some/status/eqq",
      "unknown_operator"
    ],
    ["with an operator of another kind", { isLive: { lt: true } }, "/filter/isLive/lt", "unknown_operator"],
    ["with an unknown quantifier", { steps: { any: {} } }, "/filter/steps/any", "unknown_operator"],
    ["with a filter where a quantifier belongs", { steps: { status: {} } }, "/filter/steps/status", "unknown_operator"],
    ["with an object for AND", { AND: {} }, "/filter/AND", "wrong_type"],
    ["with an array for NOT", { NOT: [{}] }, "/filter/NOT", "wrong_type"],
    ["with null for a field", { status: null }, "/filter/status", "wrong_type"],
    ["with null for an operand", { error: { eq: null } }, "/filter/error/eq", "null_value"],
    ["with undefined for an operand", { error: { eq: undefined } }, "/filter/error/eq", "null_value"],
    ["with null for a part of text", { error: { contains: null } }, "/filter/error/contains", "null_value"],
    ["with null for isNull", { error: { isNull: null } }, "/filter/error/isNull", "null_value"],
    ["with null in a list", { error: { notIn: ["a", null] } }, "/filter/error/notIn/1", "null_value"],
    ["with null for a document", { metadata: { contains: null } }, "/filter/metadata/contains", "null_value"],
    ["with no list for in", { status: { in: "failed" } }, "/filter/status/in", "wrong_type"],
    ["with an unknown status", { status: { in: ["failed", "Failed"] } }, "/filter/status/in/1", "invalid_value"],
    ["with a malformed id", { id: { eq: "dep_X" } }, "/filter/id/eq", "invalid_value"],
    ["with an id in upper case", { id: { eq: "DEP_01J00000000000000000000000" } }, "/filter/id/eq", "invalid_value"],
    ["with a number for text", { error: { contains: 1 } }, "/filter/error/contains", "wrong_type"],
    ["with text for a number", { sequenceNumber: { eq: "1" } }, "/filter/sequenceNumber/eq", "wrong_type"],
    ["with no number", { sequenceNumber: { eq: Number.NaN } }, "/filter/sequenceNumber/eq", "wrong_type"],
    ["with NUL", { error: { eq: "a\u0000" } }, "/filter/error/eq", "invalid_value"],
    ["with NUL for an id", { entityId: { eq: "a\u0000" } }, "/filter/entityId/eq", "invalid_value"],
    ["with half a pair", { error: { iContains: "\ud800" } }, "/filter/error/iContains", "invalid_value"],
    [
      "with NUL in a document",
      { metadata: { contains: { a: ["\u0000"] } } },
      "/filter/metadata/contains",
      "invalid_value"
    ],
    [
      "with NUL in a document's key",
      { metadata: { contains: { "\u0000": 1 } } },
      "/filter/metadata/contains",
      "invalid_value"
    ],
    ["with a key that is empty", { metadata: { hasKey: "" } }, "/filter/metadata/hasKey", "invalid_value"],
    ["with a path without keys", { metadata: { path: {} } }, "/filter/metadata/path/keys", "required"],
    ["with a path of no keys", { metadata: { path: { keys: [] } } }, "/filter/metadata/path/keys", "required"],
    [
      "with an index in a path",
      { metadata: { path: { keys: ["a", 0] } } },
      "/filter/metadata/path/keys/1",
      "wrong_type"
    ],
    [
      "with NUL in a path",
      { metadata: { path: { keys: ["\u0000"] } } },
      "/filter/metadata/path/keys/0",
      "invalid_value"
    ],
    [
      "with null in a path",
      { metadata: { path: { keys: ["a"], eq: null } } },
      "/filter/metadata/path/eq",
      "null_value"
    ],
    [
      "with a path in a path",
      { metadata: { path: { keys: ["a"], path: {} } } },
      "/filter/metadata/path/path",
      "unknown_operator"
    ],
    [
      "with a range over flags",
      { metadata: { path: { keys: ["a"], lt: true } } },
      "/filter/metadata/path/lt",
      "wrong_type"
    ],
    ["with a day that is none", { createdAt: { eq: "2025-02-29T00:00:00Z" } }, "/filter/createdAt/eq", "invalid_value"],
    [
      "with isNull of a row in vain",
      { build: { AND: [{ isNull: true }] } },
      "/filter/build/AND/0/isNull",
      "unknown_field"
    ],
    ["with isNull of a step", { steps: { some: { isNull: true } } }, "/filter/steps/some/isNull", "unknown_field"]
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
      ["/filter/state", "unknown_field"],
      ["/filter/status/eq", "invalid_value"],
      ["/filter/status/like", "unknown_operator"],
      ["/filter/OR/0/steps/some/index/gt", "wrong_type"],
      ["/filter/OR/1", "wrong_type"],
      ["/filter/OR/2/createdAt/lt", "invalid_value"]
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
      assert.deepStrictEqual(faultsOf(document(levels)), [["/filter/metadata/contains", "invalid_value"]])
    }
  })

  it("hold what is told to a hundred faults", () => {
    const filter = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field ${i}`, {}]))
    assert.lengthOf(faultsOf(filter), 100)
  })
})
