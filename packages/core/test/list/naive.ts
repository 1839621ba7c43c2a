/**
 * The filter language as the design page tells it, written down once more in the plainest way. It shares no code with
 * the sources and knows nothing of how they work: request JSON in, true or false out.
 */
export interface World {
  readonly deploys: ReadonlyArray<Row>
  readonly steps: ReadonlyArray<Row>
  readonly workspaces: ReadonlyArray<Row>
  readonly entities: ReadonlyArray<Row>
  readonly builds: ReadonlyArray<Row>
  readonly versions: ReadonlyArray<Row>
  readonly sourceEvents: ReadonlyArray<Row>
}

export type Row = { readonly [field: string]: unknown }
export type Json = { readonly [key: string]: unknown }

type Table = keyof World

const toOne: Record<Table, Record<string, readonly [from: string, table: Table]>> = {
  deploys: {
    workspace: ["workspaceId", "workspaces"],
    entity: ["entityId", "entities"],
    build: ["buildId", "builds"],
    sourceEvent: ["sourceEventId", "sourceEvents"]
  },
  steps: {},
  workspaces: {},
  entities: { workspace: ["workspaceId", "workspaces"] },
  builds: { version: ["versionId", "versions"] },
  versions: { entity: ["entityId", "entities"] },
  sourceEvents: { workspace: ["workspaceId", "workspaces"] }
}

const times = new Set(["createdAt", "startedAt", "completedAt"])
const documents = new Set(["metadata", "payload", "output"])

/** Whether the row is let through. */
export const matches = (filter: Json, table: Table, row: Row, world: World): boolean =>
  Object.entries(filter).every(([key, value]) => {
    if (key === "AND") return filters(value).every((inner) => matches(inner, table, row, world))
    if (key === "OR") return filters(value).some((inner) => matches(inner, table, row, world))
    if (key === "NOT") return !matches(object(value), table, row, world)
    const relation = toOne[table][key]
    if (relation !== undefined) return matchesOne(object(value), relation, row, world)
    if (table === "deploys" && key === "steps") return matchesMany(object(value), row, world)
    return matchesField(object(value), key, row[key])
  })

const matchesOne = (filter: Json, [from, table]: readonly [string, Table], row: Row, world: World) => {
  const other = world[table].find((candidate) => candidate["id"] === row[from])
  const { isNull, ...rest } = filter
  const absence = isNull === undefined || isNull === (other === undefined)
  const asksMore = isNull === undefined || Object.keys(rest).length > 0
  return absence && (!asksMore || (other !== undefined && matches(rest, table, other, world)))
}

const matchesMany = (quantifiers: Json, row: Row, world: World) => {
  const children = world.steps.filter((step) => step["deployId"] === row["id"])
  return Object.entries(quantifiers).every(([quantifier, value]) => {
    const holds = (step: Row) => matches(object(value), "steps", step, world)
    if (quantifier === "some") return children.some(holds)
    if (quantifier === "every") return children.every(holds)
    return !children.some(holds)
  })
}

const matchesField = (operators: Json, field: string, value: unknown) =>
  Object.entries(operators).every(([operator, operand]) => {
    if (documents.has(field)) return matchesDocument(operator, operand, value)
    return times.has(field) ? matchesTime(operator, operand, value) : matchesScalar(operator, operand, value)
  })

const matchesDocument = (operator: string, operand: unknown, value: unknown): boolean => {
  if (operator === "isNull") return operand === (value === null)
  if (operator === "contains") return containment(value, operand)
  if (operator === "hasKey") return isObject(value) && Object.keys(value).some((key) => key === operand)
  const { keys, ...operators } = object(operand)
  const found = array(keys).reduce<unknown>((inner, key) => {
    if (!isObject(inner)) return null
    const entry = Object.entries(inner).find(([name]) => name === key)
    return entry === undefined ? null : entry[1]
  }, value)
  return Object.entries(operators).every(([name, inner]) => {
    if (name === "hasKey") return matchesDocument("hasKey", inner, found)
    // A string asks for a part of a string; other JSON for containment.
    if (name === "contains" && typeof inner !== "string") return containment(found, inner)
    return matchesScalar(name, inner, found)
  })
}

const microseconds = (text: string) => {
  const match = /^(.{19})(\.\d+)?(.+)$/.exec(text)
  if (match === null) throw new Error(`not a time: ${text}`)
  const [, whole = "", fraction = ".", zone = "Z"] = match
  return (
    BigInt(Date.parse(`${whole.toUpperCase()}${zone.toUpperCase()}`)) * 1000n + BigInt(fraction.slice(1).padEnd(6, "0"))
  )
}

const matchesTime = (operator: string, operand: unknown, value: unknown): boolean => {
  if (operator === "isNull") return operand === (value === null)
  const instants = (Array.isArray(operand) ? operand : [operand]).map((text) => microseconds(String(text)))
  return matchesScalar(
    operator,
    Array.isArray(operand) ? instants : instants[0],
    value === null ? null : microseconds(String(value))
  )
}

const matchesScalar = (operator: string, operand: unknown, value: unknown): boolean => {
  switch (operator) {
    case "isNull":
      return operand === (value === null)
    case "eq":
      return value !== null && deepEqual(value, operand)
    case "ne":
      return !matchesScalar("eq", operand, value)
    case "in":
      return array(operand).some((one) => matchesScalar("eq", one, value))
    case "notIn":
      return !matchesScalar("in", operand, value)
    case "lt":
      return typeof value === typeof operand && value !== null && order(value, operand) < 0
    case "lte":
      return typeof value === typeof operand && value !== null && order(value, operand) <= 0
    case "gt":
      return typeof value === typeof operand && value !== null && order(value, operand) > 0
    case "gte":
      return typeof value === typeof operand && value !== null && order(value, operand) >= 0
    default:
      return typeof value === "string" && matchesText(operator, String(operand), value)
  }
}

const matchesText = (operator: string, part: string, text: string): boolean => {
  if (operator.startsWith("i")) {
    const plain = `${operator.charAt(1).toLowerCase()}${operator.slice(2)}`
    return matchesText(plain, smallAscii(part), smallAscii(text))
  }
  if (operator === "startsWith") return text.slice(0, part.length) === part
  if (operator === "endsWith") return part.length <= text.length && text.slice(text.length - part.length) === part
  return text.split(part).length > 1 || part === ""
}

const smallAscii = (text: string) =>
  [...text].map((c) => (c >= "A" && c <= "Z" ? String.fromCharCode(c.charCodeAt(0) + 32) : c)).join("")

const order = (a: unknown, b: unknown): number => {
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0
  return Number(a) - Number(b)
}

const deepEqual = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => deepEqual(item, b[i]))
  if (isObject(a) && isObject(b)) {
    const other = new Map(Object.entries(b))
    const own = Object.entries(a)
    return own.length === other.size && own.every(([key, value]) => other.has(key) && deepEqual(value, other.get(key)))
  }
  return a === b
}

/** `jsonb @>`, but what is neither object nor array is contained by its equal alone. */
const containment = (whole: unknown, part: unknown): boolean => {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.every((wanted) => whole.some((item) => containment(item, wanted)))
  }
  if (isObject(part)) {
    if (!isObject(whole)) return false
    const entries = new Map(Object.entries(whole))
    return Object.entries(part).every(([key, wanted]) => entries.has(key) && containment(entries.get(key), wanted))
  }
  return whole === part
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const object = (value: unknown): Json => {
  if (!isObject(value)) throw new Error(`not an object: ${JSON.stringify(value)}`)
  return value
}

const array = (value: unknown): ReadonlyArray<unknown> => {
  if (!Array.isArray(value)) throw new Error(`not an array: ${JSON.stringify(value)}`)
  return value
}

const filters = (value: unknown) => array(value).map(object)

/** The rows in the order that a request writes down. Sorting is stable, so the last key is sorted by first. */
export const sorted = (rows: ReadonlyArray<Row>, orderBy: ReadonlyArray<Json>): ReadonlyArray<Row> => {
  const keys = (orderBy.length === 0 ? [{ createdAt: "desc" }] : orderBy).flatMap((key) => Object.entries(key))
  const last = String(keys.at(-1)?.[1])
  const all = keys.some(([field]) => field === "id")
    ? keys
    : [...keys, ["id", last.slice(0, last.startsWith("a") ? 3 : 4)]]
  return all.toReversed().reduce((rows, [field, direction]) => sortedBy(rows, String(field), String(direction)), rows)
}

const sortedBy = (rows: ReadonlyArray<Row>, field: string, direction: string) => {
  const nulls = rows.filter((row) => row[field] === null)
  const others = rows
    .filter((row) => row[field] !== null)
    .toSorted((a, b) => order(a[field], b[field]) * (direction.startsWith("desc") ? -1 : 1))
  const nullsFirst = direction.endsWith("nulls_first") || direction === "desc"
  return nullsFirst ? [...nulls, ...others] : [...others, ...nulls]
}
