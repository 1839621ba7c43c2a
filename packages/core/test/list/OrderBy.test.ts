import { decodeListOptions, makeQueryPlan, Order } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { optionsOf } from "./worlds.ts"

const faultsOf = (orderBy: unknown) =>
  Result.match(decodeListOptions({ orderBy }), {
    onSuccess: () => [],
    onFailure: ({ faults }) => faults.map(({ code, path }) => [path, code])
  })

const orderOf = (options: unknown) =>
  Order.fingerprint(Result.getOrThrow(makeQueryPlan(optionsOf(options), "all")).order)

describe("orderBy", () => {
  const wrong: ReadonlyArray<readonly [name: string, orderBy: unknown, path: string, code: string]> = [
    ["without keys", [], "/orderBy", "required"],
    ["that is null", null, "/orderBy", "invalid"],
    ["that is undefined", undefined, "/orderBy", "invalid"],
    ["that is no array", { createdAt: "asc" }, "/orderBy", "invalid"],
    ["with two fields in one object", [{ status: "asc", id: "desc" }], "/orderBy/0", "invalid"],
    ["with no field in an object", [{ id: "asc" }, {}], "/orderBy/1", "invalid"],
    ["with text for a key", ["createdAt"], "/orderBy/0", "invalid"],
    ["with a field twice", [{ id: "asc" }, { status: "asc" }, { id: "desc" }], "/orderBy/2/id", "conflict"],
    ["with an unknown field", [{ state: "asc" }], "/orderBy/0/state", "unknown"],
    ["with a document", [{ metadata: "asc" }], "/orderBy/0/metadata", "unknown"],
    ["with a relation", [{ build: "asc" }], "/orderBy/0/build", "unknown"],
    ["with __proto__ for a field", [JSON.parse(`{"__proto__": "asc"}`)], "/orderBy/0/__proto__", "unknown"],
    ["with toString for a field", [{ toString: "asc" }], "/orderBy/0/toString", "unknown"],
    ["with a direction in capitals", [{ id: "ASC" }], "/orderBy/0/id", "invalid"],
    ["with toString for a direction", [{ id: "toString" }], "/orderBy/0/id", "invalid"]
  ]

  it.each(wrong)("%s is refused where it is wrong", (_, orderBy, path, code) => {
    assert.deepStrictEqual(faultsOf(orderBy), [[path, code]])
  })

  it("is refused with all of its faults at once", () => {
    assert.deepStrictEqual(faultsOf([{ state: "asc" }, { id: "up" }, 1, { status: "asc" }, { status: "desc" }]), [
      ["/orderBy/0/state", "unknown"],
      ["/orderBy/1/id", "invalid"],
      ["/orderBy/2", "invalid"],
      ["/orderBy/4/status", "conflict"]
    ])
  })

  it("is newest first where there is none", () => {
    assert.strictEqual(orderOf({}), orderOf({ orderBy: [{ createdAt: "desc" }] }))
  })

  it("gets id appended in the direction of its last key", () => {
    assert.strictEqual(orderOf({ orderBy: [{ status: "desc" }, { error: "asc" }] }), "-^status+error+id")
    assert.strictEqual(orderOf({ orderBy: [{ error: "desc_nulls_last" }] }), "-error-^id")
    assert.strictEqual(orderOf({ orderBy: [{ id: "asc" }, { status: "desc" }] }), "+id-^status")
  })

  it("places nulls as PostgreSQL does where it does not say", () => {
    assert.strictEqual(orderOf({ orderBy: [{ error: "asc" }] }), orderOf({ orderBy: [{ error: "asc_nulls_last" }] }))
    assert.strictEqual(orderOf({ orderBy: [{ error: "desc" }] }), orderOf({ orderBy: [{ error: "desc_nulls_first" }] }))
  })
})
