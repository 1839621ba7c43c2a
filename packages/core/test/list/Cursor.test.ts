import { Cursor, DeployFields, Order } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { deployRow, instant } from "./rows.ts"

const { createdAt, error, id, isLive, sequenceNumber, startedAt, status } = DeployFields.deploy.fields

const order = Order.make([
  Order.key(startedAt, "desc_nulls_last"),
  Order.key(status, "asc"),
  Order.key(error, "asc"),
  Order.key(sequenceNumber, "desc"),
  Order.key(isLive, "asc")
])

const row = deployRow(7, { startedAt: instant(1), error: "ein Fehler 😀", sequenceNumber: Number.MAX_SAFE_INTEGER })

const codeOf = (cursor: string, inOrder = order) =>
  Result.match(Cursor.decode(inOrder, cursor), { onSuccess: () => "fine", onFailure: ({ code }) => code })

/** A cursor as only a forger makes it. */
const forged = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url")

describe("a cursor", () => {
  it("brings back the place of its row, to the microsecond and with nulls", () => {
    for (const one of [row, deployRow(1), deployRow(2, { error: "" })]) {
      assert.deepStrictEqual(
        Result.getOrThrow(Cursor.decode(order, Cursor.encode(order, one))),
        Order.placeOf(order, one)
      )
    }
  })

  it("is text that a URL takes as it is", () => {
    assert.match(Cursor.encode(order, row), /^[A-Za-z0-9_-]+$/)
  })

  it("of another field, direction, place of nulls or number of keys is foreign", () => {
    const cursor = Cursor.encode(Order.make([Order.key(startedAt, "asc")]), row)
    for (const keys of [
      [Order.key(createdAt, "asc")],
      [Order.key(startedAt, "desc")],
      [Order.key(startedAt, "asc_nulls_first")],
      [Order.key(startedAt, "asc"), Order.key(status, "asc")],
      [Order.key(id, "asc")]
    ] as const) {
      assert.strictEqual(codeOf(cursor, Order.make(keys)), "foreign_cursor")
    }
  })

  it("that is not the one text for its content is malformed", () => {
    const cursor = Cursor.encode(order, row)
    for (const text of [`${cursor}\n`, ` ${cursor}`, `${cursor}=`, `${cursor}==`, cursor.slice(0, -1), `${cursor}A`]) {
      assert.strictEqual(codeOf(text), "malformed_cursor", JSON.stringify(text))
    }
    const spaced = Buffer.from(Buffer.from(cursor, "base64url").toString().replace(",", ", ")).toString("base64url")
    assert.strictEqual(codeOf(spaced), "malformed_cursor")
  })

  it("with any one bit flipped is refused, or is the cursor of another place", () => {
    const bytes = Buffer.from(Cursor.encode(order, row), "base64url")
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const text = flipped.toString("base64url")
      const place = Cursor.decode(order, text)
      if (Result.isSuccess(place)) {
        const names = order.map(({ field }) => field.name)
        const other = Object.fromEntries(place.success.map((value, i) => [String(names[i]), value]))
        assert.strictEqual(Cursor.encode(order, other), text)
      }
    }
  })

  const print = Order.fingerprint(order)
  const place = Order.placeOf(order, row)
  const forgeries: ReadonlyArray<readonly [name: string, content: unknown]> = [
    ["another version", [2, print, ...place]],
    ["no version", [print, ...place]],
    ["a value too few", [1, print, ...place.slice(1)]],
    ["a value too many", [1, print, ...place, null]],
    ["a number for a time", [1, print, ...place.with(0, 1)]],
    ["a day that is none", [1, print, ...place.with(0, "2026-02-30T00:00:00.000000Z")]],
    ["a time in the year 0", [1, print, ...place.with(0, "0000-02-01T00:00:00.000000Z")]],
    ["a time of milliseconds", [1, print, ...place.with(0, "2026-02-20T00:00:00.000Z")]],
    ["an unknown status", [1, print, ...place.with(1, "done")]],
    ["null where there is none", [1, print, ...place.with(1, null)]],
    ["NUL", [1, print, ...place.with(2, "\u0000")]],
    ["half a pair", [1, print, ...place.with(2, "\ud800")]],
    ["half a number", [1, print, ...place.with(3, 1.5)]],
    ["a number too great", [1, print, ...place.with(3, 2 ** 53)]],
    ["text for a flag", [1, print, ...place.with(4, "true")]],
    ["a malformed id", [1, print, ...place.with(5, "dep_1")]],
    ["a document for a value", [1, print, ...place.with(2, "x"), {}]],
    ["no list", { 0: 1 }],
    ["null", null]
  ]

  it.each(forgeries)("forged with %s is malformed", (_, content) => {
    assert.strictEqual(codeOf(forged(content)), "malformed_cursor")
  })

  it.each(["", "x", "null", "%", "😀", "a".repeat(20_000)])("%j is malformed", (text) => {
    assert.strictEqual(codeOf(text), "malformed_cursor")
  })
})
