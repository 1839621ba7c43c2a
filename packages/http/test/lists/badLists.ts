/** Bad lists made by hand: what broke lists elsewhere, and what an attacker would try. */
import { Cursor, DeployFields, Order } from "@deploys/core"
import { completed, ids } from "../support/ScriptedEngine.ts"
import { type BadQuery, entry, type Fault, nested } from "./badQuery.ts"

const { createdAt, id, sequenceNumber, startedAt, status } = DeployFields.deploy.fields

const cursorOf = (...keys: Parameters<typeof Order.make>[0]) => Cursor.encode(Order.make(keys), completed)

/** Of the newest first. */
export const cursor = Cursor.encode(Order.newest, completed)

const forged = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url")

const bad = (says: string, parameters: BadQuery["parameters"], ...faults: ReadonlyArray<Fault>): BadQuery => ({
  says,
  parameters,
  faults
})

const inBody = (query: BadQuery): BadQuery => ({ ...query, only: "body" })
const inQuery = (query: BadQuery): BadQuery => ({ ...query, only: "query" })

const limits = [0, 101, -1, 1.5, 1e9, 1e300, {}].map((limit) => bad(`limit ${limit}`, { limit }, ["/limit", "invalid"]))
const limitTexts = ["x", "", "1e1", "+1", "01", " 1", "1 ", "0x10", "NaN", "١", "9".repeat(400)].map((limit) =>
  bad(`limit "${limit}"`, { limit }, ["/limit", "invalid"])
)
const noLimits = [null, [], "10", true].map((limit) => inBody(bad(`limit ${limit}`, { limit }, ["/limit", "invalid"])))

const subjects = ["", "a".repeat(201), "a\0"]
const shorthands: ReadonlyArray<BadQuery> = [
  ...["workspace_id", "entity_id", "build_id"].flatMap((name) =>
    ["a b", "", "a".repeat(65), "é", "%", "a\0", "' OR '1'='1", "a,b"].map((value) =>
      bad(`${name} ${JSON.stringify(value)}`, { [name]: value }, [`/${name}`, "invalid"])
    )
  ),
  ...["done", "FAILED", "failed,running", "", "null", "failed\0"].flatMap((value) => [
    bad(`status "${value}"`, { status: value }, ["/status", "invalid"]),
    bad(`trigger "${value}"`, { trigger: value }, ["/trigger", "invalid"])
  ]),
  ...subjects.map((value) => bad(`created_by of ${value.length}`, { created_by: value }, ["/created_by", "invalid"])),
  inBody(bad("half a pair for created_by", { created_by: "\ud800" }, ["/created_by", "invalid"])),
  ...["workspace_id", "entity_id", "build_id", "status", "trigger", "created_by", "after", "before"].flatMap((name) =>
    [null, 1, [], {}].map((value) =>
      inBody(bad(`${name} ${JSON.stringify(value)}`, { [name]: value }, [`/${name}`, "invalid"]))
    )
  ),
  ...["yes", "", "TRUE", "1"].map((total) => bad(`total "${total}"`, { total }, ["/total", "invalid"])),
  ...[null, 1, "true"].map((total) => inBody(bad(`total ${total}`, { total }, ["/total", "invalid"])))
]

const idLists: ReadonlyArray<BadQuery> = [
  bad("a malformed id among good ones", { ids: [ids.running, "dep_X"] }, ["/ids/1", "invalid"]),
  bad("an id in capitals", { ids: [ids.running.toUpperCase()] }, ["/ids/0", "invalid"]),
  bad("the id of a step", { ids: [ids.running.replace("dep", "stp")] }, ["/ids/0", "invalid"]),
  bad("SQL for an id", { ids: ["'); DROP TABLE deploys; --"] }, ["/ids/0", "invalid"]),
  inBody(bad("ids as text", { ids: `${ids.running},${ids.completed}` }, ["/ids", "invalid"])),
  inBody(bad("1,001 ids", { ids: Array.from({ length: 1_001 }, () => ids.running) }, ["/ids", "invalid"])),
  inBody(bad("null among ids", { ids: [null] }, ["/ids/0", "invalid"])),
  inQuery(bad("no id", { ids: "" }, ["/ids/0", "invalid"])),
  inQuery(bad("a comma too many", { ids: `${ids.running},` }, ["/ids/1", "invalid"]))
]

const names: ReadonlyArray<BadQuery> = [
  ...[
    "page",
    "offset",
    "cursor",
    "first",
    "where",
    "Limit",
    "order_by",
    "workspaceId",
    "entityId",
    "buildId",
    "createdBy"
  ].map((name) => bad(`the unknown parameter ${name}`, { [name]: "1" }, [`/${name}`, "unknown"])),
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"].map((name) =>
    bad(`${name} for a parameter`, entry(name, "1"), [`/${name}`, "unknown"])
  ),
  inBody(bad("an object under __proto__", entry("__proto__", { limit: 0, polluted: 1 }), ["/__proto__", "unknown"])),
  bad("SQL for a parameter", { "1; DROP TABLE deploys": "1" }, ["/1; DROP TABLE deploys", "unknown"]),
  bad("a name with a slash and a tilde", { "a/b~c": "1" }, ["/a~1b~0c", "unknown"])
]

const orders: ReadonlyArray<readonly [says: string, orderBy: unknown, ...faults: ReadonlyArray<Fault>]> = [
  ["no keys", [], ["/orderBy", "required"]],
  ["an object", { createdAt: "desc" }, ["/orderBy", "invalid"]],
  ["two fields in one key", [{ status: "asc", id: "desc" }], ["/orderBy/0", "invalid"]],
  ["a key without a field", [{ id: "asc" }, {}], ["/orderBy/1", "invalid"]],
  ["a field twice", [{ id: "asc" }, { id: "desc" }], ["/orderBy/1/id", "conflict"]],
  [
    "a field thrice",
    [{ id: "asc" }, { id: "asc" }, { id: "asc" }],
    ["/orderBy/1/id", "conflict"],
    ["/orderBy/2/id", "conflict"]
  ],
  ["a field that is none", [{ state: "asc" }], ["/orderBy/0/state", "unknown"]],
  ["a document", [{ metadata: "asc" }], ["/orderBy/0/metadata", "unknown"]],
  ["a relation", [{ entity: { name: "asc" } }], ["/orderBy/0/entity", "unknown"]],
  ["steps", [{ steps: "asc" }], ["/orderBy/0/steps", "unknown"]],
  ["__proto__", [entry("__proto__", "asc")], ["/orderBy/0/__proto__", "unknown"]],
  ["constructor", [{ constructor: "asc" }], ["/orderBy/0/constructor", "unknown"]],
  ["SQL for a field", [{ "id; DROP TABLE deploys": "asc" }], ["/orderBy/0/id; DROP TABLE deploys", "unknown"]],
  ["SQL for a direction", [{ id: "asc; DROP TABLE deploys" }], ["/orderBy/0/id", "invalid"]],
  ["capitals", [{ id: "ASC" }], ["/orderBy/0/id", "invalid"]],
  ["an object for a direction", [{ id: { sort: "asc" } }], ["/orderBy/0/id", "invalid"]],
  ["null for a direction", [{ id: null }], ["/orderBy/0/id", "invalid"]],
  ["toString for a direction", [{ id: "toString" }], ["/orderBy/0/id", "invalid"]],
  ["the column's name", [{ created_at: "desc" }], ["/orderBy/0/created_at", "unknown"]],
  ["text for a key", ["-createdAt"], ["/orderBy/0", "invalid"]],
  ["null for a key", [null], ["/orderBy/0", "invalid"]],
  ["a list for a key", [["id", "asc"]], ["/orderBy/0", "invalid"]],
  ["true", true, ["/orderBy", "invalid"]],
  ["null", null, ["/orderBy", "invalid"]],
  [
    "150 faults",
    Array.from({ length: 150 }, () => 1),
    ...Array.from({ length: 100 }, (_, i): Fault => [`/orderBy/${i}`, "invalid"])
  ]
]

const malformedCursors = [
  "",
  "x",
  "null",
  "a/b",
  `${cursor}=`,
  `${cursor} `,
  cursor.slice(0, -2),
  `${cursor}AAAA`,
  "a".repeat(15_000),
  forged(null),
  forged([]),
  forged({}),
  forged([2, Order.fingerprint(Order.newest), completed.createdAt, completed.id]),
  forged([1, Order.fingerprint(Order.newest)]),
  forged([1, Order.fingerprint(Order.newest), completed.createdAt, completed.id, null]),
  forged([1, Order.fingerprint(Order.newest), "+275760-09-13T00:00:00.000000Z", completed.id]),
  forged([1, Order.fingerprint(Order.newest), null, completed.id]),
  forged([1, Order.fingerprint(Order.newest), completed.createdAt, "'; DROP TABLE deploys; --"]),
  forged([1, Order.fingerprint(Order.newest), { $gt: "" }, completed.id])
]

const cursors: ReadonlyArray<BadQuery> = [
  ...malformedCursors.flatMap((text, i) => [
    bad(`malformed cursor ${i} after`, { after: text }, ["/after", "malformed_cursor"]),
    bad(`malformed cursor ${i} before`, { before: text }, ["/before", "malformed_cursor"])
  ]),
  ...[
    ["another direction", cursorOf(Order.key(createdAt, "asc"))],
    ["another field", cursorOf(Order.key(startedAt, "desc"))],
    ["more keys", cursorOf(Order.key(createdAt, "desc"), Order.key(status, "desc"))],
    ["fewer keys", cursorOf(Order.key(id, "desc"))],
    ["another last direction", cursorOf(Order.key(createdAt, "desc"), Order.key(id, "asc"))]
  ].map(([says, text]) => bad(`a cursor of ${says}`, { after: text }, ["/after", "foreign_cursor"])),
  bad(
    "a cursor with nulls elsewhere",
    { before: cursorOf(Order.key(startedAt, "desc")), orderBy: [{ startedAt: "desc_nulls_last" }] },
    ["/before", "foreign_cursor"]
  ),
  bad(
    "a cursor of the keys in another order",
    {
      after: cursorOf(Order.key(status, "asc"), Order.key(sequenceNumber, "asc")),
      orderBy: [{ sequenceNumber: "asc" }, { status: "asc" }]
    },
    ["/after", "foreign_cursor"]
  ),
  bad("both cursors", { after: cursor, before: cursor }, ["/before", "conflict"]),
  bad(
    "both cursors, one of them malformed",
    { after: cursor, before: "x" },
    ["/before", "conflict"],
    ["/before", "malformed_cursor"]
  )
]

const not = (inner: unknown) => ({ NOT: inner })
const many = (count: number, item: unknown = {}) => Array.from({ length: count }, () => item)

const filters: ReadonlyArray<readonly [says: string, filter: unknown, ...faults: ReadonlyArray<Fault>]> = [
  ["no object", [], ["/filter", "invalid"]],
  ["a text in JSON", ["{}"], ["/filter", "invalid"]],
  ["a number", 1, ["/filter", "invalid"]],
  ["null", null, ["/filter", "invalid"]],
  ["9 levels of NOT", nested(9, not), [`/filter${"/NOT".repeat(8)}`, "too_deep"]],
  ["2,000 levels of NOT", nested(2_000, not), [`/filter${"/NOT".repeat(8)}`, "too_deep"]],
  ["9 levels of AND", nested(9, (inner) => ({ AND: [inner] })), [`/filter${"/AND/0".repeat(8)}`, "too_deep"]],
  [
    "1,000 levels of OR",
    nested(1_000, (inner) => ({ OR: [{}, inner] })),
    [`/filter${"/OR/1".repeat(7)}/OR/0`, "too_deep"]
  ],
  [
    "a quantifier as the ninth level",
    nested(7, not, { steps: { some: {} } }),
    [`/filter${"/NOT".repeat(6)}/steps/some`, "too_deep"]
  ],
  ["lists in lists", { AND: nested(3_000, (inner) => [inner], []) }, ["/filter/AND/0", "invalid"]],
  ["201 filters", { AND: many(200) }, ["/filter", "too_many_nodes"]],
  ["201 filters and operators", { OR: many(100, { isLive: { eq: true } }) }, ["/filter", "too_many_nodes"]],
  ["5,000 filters", { AND: many(5_000) }, ["/filter", "too_many_nodes"]],
  ["1,001 values", { createdBy: { in: many(1_001, "a") } }, ["/filter/createdBy/in", "too_many_values"]],
  ["16,000 values", { createdBy: { notIn: many(16_000, 1) } }, ["/filter/createdBy/notIn", "too_many_values"]],
  [
    "too many keys",
    { metadata: { path: { keys: many(1_001, "a"), eq: 1 } } },
    ["/filter/metadata/path/keys", "too_many_values"]
  ],
  [
    "JSON of 65 levels",
    { metadata: { contains: nested(65, (a) => ({ a })) } },
    ["/filter/metadata/contains", "invalid"]
  ],
  [
    "lists of 1,000 levels in JSON",
    { metadata: { contains: nested(1_000, (a) => [a], []) } },
    ["/filter/metadata/contains", "invalid"]
  ],
  ["__proto__", entry("__proto__", { isLive: { eq: true } }), ["/filter/__proto__", "unknown"]],
  ["constructor", { constructor: { prototype: {} } }, ["/filter/constructor", "unknown"]],
  ["__proto__ in a relation", { build: entry("__proto__", {}) }, ["/filter/build/__proto__", "unknown"]],
  ["__proto__ for a quantifier", { steps: entry("__proto__", {}) }, ["/filter/steps/__proto__", "unknown"]],
  ["constructor for a quantifier", { steps: { constructor: {} } }, ["/filter/steps/constructor", "unknown"]],
  ["SQL for a field", { 'id" OR 1=1 --': {} }, ['/filter/id" OR 1=1 --', "unknown"]],
  ["SQL for an operator", { id: { "= 1; DROP TABLE deploys": 1 } }, ["/filter/id/= 1; DROP TABLE deploys", "unknown"]],
  ["an operator of other languages", { id: { $eq: "x" } }, ["/filter/id/$eq", "unknown"]],
  ["the column's name", { created_at: {} }, ["/filter/created_at", "unknown"]],
  ["small letters for AND", { and: [] }, ["/filter/and", "unknown"]],
  ["a dotted path", { "entity.name": { eq: "a" } }, ["/filter/entity.name", "unknown"]],
  ["half a pair for a field", { "\ud800": {} }, ["/filter/\ud800", "unknown"]],
  ["NUL for an operator", { id: { "\0": 1 } }, ["/filter/id/\0", "unknown"]],
  ["AND with an object", { AND: {} }, ["/filter/AND", "invalid"]],
  ["AND with null", { AND: null }, ["/filter/AND", "invalid"]],
  ["AND with null in it", { AND: [null] }, ["/filter/AND/0", "invalid"]],
  ["OR with text in it", { OR: ["a", {}] }, ["/filter/OR/0", "invalid"]],
  ["NOT with a list", { NOT: [] }, ["/filter/NOT", "invalid"]],
  ["NOT with null", { NOT: null }, ["/filter/NOT", "invalid"]],
  ["null for a relation", { build: null }, ["/filter/build", "invalid"]],
  ["a list for a relation", { build: [] }, ["/filter/build", "invalid"]],
  ["a list for steps", { steps: [] }, ["/filter/steps", "invalid"]],
  ["null for a quantifier", { steps: { some: null } }, ["/filter/steps/some", "invalid"]],
  ["a quantifier that is none", { steps: { any: {} } }, ["/filter/steps/any", "unknown"]],
  ["a field of a step among quantifiers", { steps: { status: { eq: "failed" } } }, ["/filter/steps/status", "unknown"]],
  ["a quantifier at a to-one relation", { build: { some: {} } }, ["/filter/build/some", "unknown"]],
  ["isNull of steps", { steps: { isNull: true } }, ["/filter/steps/isNull", "unknown"]],
  ["isNull of a list of steps", { steps: { none: { isNull: true } } }, ["/filter/steps/none/isNull", "unknown"]],
  ["isNull of a row behind NOT", { build: { NOT: { isNull: true } } }, ["/filter/build/NOT/isNull", "unknown"]],
  ["null for isNull of a row", { build: { isNull: null } }, ["/filter/build/isNull", "invalid"]],
  ["text for isNull of a row", { build: { isNull: "true" } }, ["/filter/build/isNull", "invalid"]],
  ["a relation that is not there", { entity: { version: {} } }, ["/filter/entity/version", "unknown"]],
  ["the relation back", { build: { deploys: { some: {} } } }, ["/filter/build/deploys", "unknown"]],
  [
    "eqq deep inside",
    { AND: [{}, { steps: { some: { status: { eqq: "failed" } } } }] },
    ["/filter/AND/1/steps/some/status/eqq", "unknown"]
  ],
  [
    "faults everywhere",
    {
      state: {},
      status: { eq: "done", like: 1 },
      OR: [{ steps: { some: { index: { gt: "a" } } } }, 1, { createdAt: { lt: "yesterday" } }]
    },
    ["/filter/state", "unknown"],
    ["/filter/status/eq", "invalid"],
    ["/filter/status/like", "unknown"],
    ["/filter/OR/0/steps/some/index/gt", "invalid"],
    ["/filter/OR/1", "invalid"],
    ["/filter/OR/2/createdAt/lt", "invalid"]
  ]
]

/** Every bad list that is made by hand. */
export const badLists: ReadonlyArray<BadQuery> = [
  ...limits,
  ...limitTexts,
  ...noLimits,
  ...shorthands,
  ...idLists,
  ...names,
  ...orders.map(([says, orderBy, ...faults]) => bad(`an order by ${says}`, { orderBy }, ...faults)),
  ...cursors,
  ...filters.map(([says, filter, ...faults]) => bad(`a filter with ${says}`, { filter }, ...faults)),
  inQuery(bad("a filter that is no JSON", { filter: "{" }, ["/filter", "json"])),
  inQuery(bad("a filter in other quotes", { filter: "{'id':{}}" }, ["/filter", "json"])),
  inQuery(bad("a filter of nothing", { filter: "" }, ["/filter", "json"])),
  inQuery(
    bad("a raw NUL in a filter", { filter: '{"error":{"eq":"\0"}}' }, ["/filter", "invalid"], ["/filter", "json"])
  ),
  inQuery(bad("an order that is no JSON", { orderBy: "createdAt" }, ["/orderBy", "json"])),
  inBody(bad("a filter as text", { filter: "{}" }, ["/filter", "invalid"])),
  inBody(bad("an order as text", { orderBy: "[]" }, ["/orderBy", "invalid"]))
]
