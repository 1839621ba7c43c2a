import { Cursor, Order } from "@deploys/core"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Result } from "effect"
import * as Served from "../support/Served.ts"
import { Web } from "../support/Web.ts"
import { badFields } from "./badFilters.ts"
import { badLists, cursor } from "./badLists.ts"
import { asQuery, nested } from "./badQuery.ts"
import { getList, refuses, searchList, slow } from "./refusal.ts"

/** The order of the newest first, so that what a cursor holds can be read. */
const isPlace = (text: string) => Result.isSuccess(Cursor.decode(Order.newest, text))

layer(Served.layer)("a bad list over HTTP", (it) => {
  it.effect.each(badLists)("is a 400 that points to its faults: $says", refuses)

  it.effect("tells the faults of all parameters at once, in a query as in a body", () =>
    refuses({
      says: "all at once",
      parameters: {
        nope: "1",
        limit: 0,
        ids: ["dep_X"],
        workspace_id: " ",
        created_by: "",
        filter: { status: { eqq: 1 } },
        orderBy: [{ id: "up" }]
      },
      faults: [
        ["/nope", "unknown"],
        ["/limit", "invalid"],
        ["/ids/0", "invalid"],
        ["/workspace_id", "invalid"],
        ["/created_by", "invalid"],
        ["/orderBy/0/id", "invalid"],
        ["/filter/status/eqq", "unknown"]
      ]
    })
  )

  it.effect("is one whose JSON is deeper than a stack", () =>
    Effect.gen(function* () {
      const deep: ReadonlyArray<readonly [filter: string, path: string, code: string]> = [
        [`${'{"NOT":'.repeat(8_000)}{}${"}".repeat(8_000)}`, `/filter${"/NOT".repeat(8)}`, "too_deep"],
        [`{"AND":${"[".repeat(30_000)}${"]".repeat(30_000)}}`, "/filter/AND/0", "invalid"],
        [
          `{"metadata":{"contains":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}}`,
          "/filter/metadata/contains",
          "invalid"
        ],
        [
          `{"metadata":{"contains":${"[".repeat(30_000)}${"]".repeat(30_000)}}}`,
          "/filter/metadata/contains",
          "invalid"
        ],
        [`{"id":${"[".repeat(30_000)}${"]".repeat(30_000)}}`, "/filter/id", "invalid"]
      ]
      for (const [filter, path, code] of deep) {
        const { body, millis, status } = yield* searchList(`{"filter":${filter}}`)
        assert.strictEqual(status, 400)
        assert.include(JSON.stringify(body), `"errors":[{"path":"${path}","code":"${code}"`)
        assert.isBelow(millis, slow)
      }
    })
  )

  it.effect("names the operators, fields and quantifiers that there are", () =>
    Effect.gen(function* () {
      const filter = { state: {}, status: { eqq: 1 }, steps: { any: {} } }
      const { body } = yield* searchList(JSON.stringify({ filter }))
      const text = JSON.stringify(body)
      assert.include(text, "Unknown operator; there are eq, ne, in, notIn, isNull")
      assert.include(text, "Unknown field; there are id, workspaceId, entityId")
      assert.include(text, "Unknown operator; there are some, every, none")
    })
  )

  it.effect("is also one whose cursor has any one bit flipped, unless that names another place", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from(cursor, "base64url")
      let refused = 0
      for (let bit = 0; bit < bytes.length * 8; bit += 3) {
        const flipped = Buffer.from(bytes)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const after = flipped.toString("base64url")
        const { body, status } = yield* bit % 2 === 0
          ? getList(asQuery({ after }))
          : searchList(JSON.stringify({ after }))
        assert.strictEqual(status, isPlace(after) ? 200 : 400, JSON.stringify(body))
        if (status === 400) refused++
      }
      assert.isAbove(refused, 100)
    })
  )

  it.effect("is told of in thousands of ways, and the server goes on", () =>
    Effect.gen(function* () {
      const generated = badFields.flatMap(({ together }) => together.flatMap(({ faults }) => faults))
      assert.isAbove(badLists.length, 250)
      assert.isAbove(generated.length, 5_000)
      const { body, status } = yield* getList("limit=1")
      assert.strictEqual(status, 200, JSON.stringify(body))
    })
  )
})

layer(Served.layer)("what is strange but right", (it) => {
  const right: ReadonlyArray<readonly [says: string, parameters: Record<string, unknown>]> = [
    ["nothing at all", {}],
    [
      "SQL in the keys of a document",
      { filter: { metadata: { path: { keys: ["a'; DROP TABLE deploys; --"], eq: "x" } } } }
    ],
    [
      "__proto__ and constructor in the keys of a document",
      { filter: { metadata: { path: { keys: ["__proto__", "constructor"], ne: 1 } } } }
    ],
    ["numbers beyond what a database holds", { filter: { sequenceNumber: { lt: 3e300, gt: -3e300, ne: 2 ** 53 } } }],
    ["empty operators", { filter: { AND: [], status: {}, steps: {}, build: { isNull: false }, NOT: { OR: [] } } }],
    ["8 levels", { filter: nested(8, (inner) => ({ NOT: inner }), { status: { in: [] } }) }],
    ["200 filters", { filter: { AND: Array.from({ length: 199 }, () => ({})) } }],
    ["1,000 values", { filter: { createdBy: { in: Array.from({ length: 1_000 }, () => "a") } } }],
    ["no ids", { ids: [] }]
  ]

  it.effect.each(right)("is a 200: %s", ([says, parameters]) =>
    Effect.gen(function* () {
      const search = yield* searchList(JSON.stringify(parameters))
      assert.strictEqual(search.status, 200, JSON.stringify(search.body))
      if (says === "no ids") return
      assert.deepStrictEqual((yield* getList(asQuery(parameters))).body, search.body)
    })
  )

  it.effect("is a 200: a number in JSON that overflows", () =>
    Effect.gen(function* () {
      const filter = '{"sequenceNumber":{"lt":1e999},"metadata":{"path":{"keys":["a"],"gt":-1e999}}}'
      for (const answer of [yield* getList(`filter=${filter}`), yield* searchList(`{"filter":${filter}}`)]) {
        assert.strictEqual(answer.status, 200, JSON.stringify(answer.body))
      }
    })
  )
})

layer(Web.layer)("the size of a list's parameters", (it) => {
  const filterOf = (bytes: number) => {
    const empty = JSON.stringify({ error: { eq: "" } }).length
    const wide = Math.floor((bytes - empty) / 2)
    return JSON.stringify({ error: { eq: "é".repeat(wide) + "a".repeat((bytes - empty) % 2) } })
  }

  it.effect("is at most 16 KiB of UTF-8 in a query", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const get = (bytes: number) => send("GET", `/api/deploys?filter=${encodeURIComponent(filterOf(bytes - 6))}`)
      assert.strictEqual((yield* get(16 * 1024)).status, 200)
      const over = yield* get(16 * 1024 + 1)
      assert.strictEqual(over.status, 400)
      assert.include(over.text, '"path":"/filter","code":"size"')
    })
  )

  it.effect("is at most 64 KiB in a body", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const search = (bytes: number) =>
        send("POST", "/api/deploys/search", { body: `{"filter":${filterOf(bytes - 11)}}` })
      assert.strictEqual((yield* search(64 * 1024)).status, 200)
      assert.strictEqual((yield* search(64 * 1024 + 1)).status, 413)
    })
  )

  it.effect("is found out before a hundred thousand levels are read", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const deep = `${'{"NOT":'.repeat(100_000)}{}${"}".repeat(100_000)}`
      const get = yield* send("GET", `/api/deploys?filter=${deep}`)
      const search = yield* send("POST", "/api/deploys/search", { body: `{"filter":${deep}}` })
      assert.strictEqual(get.status, 400)
      assert.include(get.text, '"path":"/filter","code":"size"')
      assert.strictEqual(search.status, 413)
    })
  )
})

describe("a body of a search", () => {
  layer(Web.layer)("that is none", (it) => {
    const bodies: ReadonlyArray<readonly [says: string, body: string, code: string]> = [
      ["nothing", "", "invalid"],
      ["half an object", "{", "json"],
      ["no JSON", "limit=1", "json"],
      ["a list", "[]", "invalid"],
      ["a text", '"{}"', "invalid"],
      ["null", "null", "invalid"],
      ["lists of 30,000 levels", `${"[".repeat(30_000)}${"]".repeat(30_000)}`, "invalid"]
    ]

    it.effect.each(bodies)("is a 400: %s", ([, body, code]) =>
      Effect.gen(function* () {
        const answer = yield* (yield* Web).send("POST", "/api/deploys/search", { body })
        assert.strictEqual(answer.status, 400)
        assert.include(answer.text, `"errors":[{"path":"","code":"${code}"`)
      })
    )

    it.effect("but a form is a 415, and a parameter of the query a 400", () =>
      Effect.gen(function* () {
        const { send } = yield* Web
        const headers = { "content-type": "application/x-www-form-urlencoded" }
        assert.strictEqual((yield* send("POST", "/api/deploys/search", { body: "limit=1", headers })).status, 415)
        const answer = yield* send("POST", "/api/deploys/search?limit=1", { body: {} })
        assert.strictEqual(answer.status, 400)
        assert.include(answer.text, '"path":"/limit","code":"unknown"')
      })
    )
  })
})
