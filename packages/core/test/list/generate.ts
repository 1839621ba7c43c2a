import type { Json, Row, World } from "./naive.ts"

/** A small generator of pseudo-random choices: the same seed makes the same choices everywhere (mulberry32). */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  hit(share: number): boolean {
    return this.next() < share
  }

  pick<A>(items: ReadonlyArray<A>): A {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error("nothing to pick from")
    return item
  }

  /** Usually one, seldom none, and up to `most`. */
  few<A>(most: number, make: () => A): ReadonlyArray<A> {
    const roll = this.next()
    return Array.from({ length: roll < 0.08 ? 0 : roll < 0.75 ? 1 : 1 + this.below(most) }, make)
  }

  some<A>(most: number, make: () => A): ReadonlyArray<A> {
    return Array.from({ length: this.below(most + 1) }, make)
  }
}

const id = (prefix: string, n: number) => `${prefix}_${String(n).padStart(26, "0")}`
const ids = (prefix: string, n: number) => Array.from({ length: n }, (_, i) => id(prefix, i))

const workspaces = ["ws_a", "ws_b", "ws_c"]
const entities = ["app.1", "app.2", "app:3", "fn-4"]
const versions = ["ver_1", "ver_2", "ver_3", "ver_4"]
const builds = ["bld_1", "bld_2", "bld_3", "bld_4", "bld_5"]
const sourceEvents = ["evt_1", "evt_2", "evt_3"]

// Text on which databases, locales and UTF-16 disagree with code points, and what LIKE takes for patterns.
const texts = [
  "",
  "a",
  "A",
  "b",
  "ab",
  "aB%",
  "_",
  "a_",
  "100%_\\",
  "é",
  "É",
  "İ",
  "ß",
  "SS",
  "ｅ",
  "😀",
  "😀a",
  "\ufffd",
  "'",
  "a\nb"
]

const times = [
  "2026-11-24T17:44:12.000000Z",
  "2026-11-24T17:44:12.000001Z",
  "2026-11-24T17:44:12.123456Z",
  "2026-11-24T17:44:12.999999Z",
  "1969-12-31T23:59:59.999999Z",
  "0001-01-01T00:00:00.000000Z",
  "9999-12-31T23:59:59.999999Z"
]

const writtenTimes = [
  ...times,
  "2026-11-24T17:44:12Z",
  "2026-11-24t19:14:12.1234+01:30",
  "2026-11-24T00:44:12.123456-17:00",
  "0001-01-01T00:00:00+14:00",
  "9999-12-31T23:59:59.5-14:00",
  "1970-01-01T00:00:00z"
]

const numbers = [0, 1, 2, 3, 7, 2 ** 53 - 1]
const writtenNumbers = [...numbers, 1.5, -0, -1, -1.5, 3e9, 1e300, -1e300, 2 ** 53]

const documents: ReadonlyArray<unknown> = [
  {},
  { a: null },
  { a: 1 },
  { a: "1", b: [1, "a", null] },
  { a: { b: "ab", c: true } },
  { a: { b: null } },
  { a: [{ b: 1 }, { b: 2 }] },
  { a: [], "": 0, "0": "x" },
  { constructor: "a", a: { constructor: { b: false } } },
  JSON.parse(`{"__proto__": {"a": 1}}`)
]

const values: ReadonlyArray<unknown> = [
  ...documents,
  [],
  [1, 2],
  ["a", ["b"]],
  [{ a: 1 }, { a: 2 }],
  "a",
  "ab",
  1,
  1.5,
  true,
  false
]

const statuses = {
  deploys: ["pending", "running", "completed", "failed"],
  steps: ["pending", "running", "completed", "failed", "cancelled", "discarded"],
  builds: ["queued", "running", "completed", "failed"]
}

const triggers = ["auto", "manual", "rollback"]
const failureCodes = ["cancelled", "superseded", "timed_out", "step_failed"]

/** A host's catalog and its deploys, some rows of which lead nowhere. */
export const makeWorld = (chance: Chance): World => {
  const maybe = <A>(make: () => A) => (chance.hit(0.4) ? null : make())
  const text = () => chance.pick(texts)
  const time = () => chance.pick(times)
  const kept = <A>(rows: ReadonlyArray<A>) => rows.filter(() => chance.hit(0.85))
  const deploys = ids("dep", 4 + chance.below(9)).map((id, i) => ({
    id,
    workspaceId: chance.pick(workspaces),
    entityId: chance.pick(entities),
    sequenceNumber: chance.pick(numbers.slice(1)),
    buildId: chance.pick(builds),
    status: chance.pick(statuses.deploys),
    trigger: chance.pick(triggers),
    sourceEventId: maybe(() => chance.pick(sourceEvents)),
    productionUrl: maybe(text),
    previewUrl: maybe(text),
    error: maybe(text),
    metadata: chance.pick(documents),
    createdBy: text(),
    startedAt: maybe(time),
    completedAt: maybe(time),
    createdAt: time(),
    failureCode: maybe(() => chance.pick(failureCodes)),
    isLive: i === 0
  }))
  return {
    deploys,
    steps: deploys.flatMap((deploy, n) =>
      chance
        .some(3, () => 0)
        .map((_, index) => ({
          id: id("stp", n * 10 + index),
          deployId: deploy.id,
          index,
          name: text(),
          status: chance.pick(statuses.steps),
          attempt: chance.below(3),
          error: maybe(text),
          output: maybe(() => chance.pick(values)),
          startedAt: maybe(time),
          completedAt: maybe(time)
        }))
    ),
    workspaces: kept(workspaces).map((id) => ({ id, name: text(), createdAt: time() })),
    entities: kept(entities).map((id) => ({
      id,
      workspaceId: chance.pick(workspaces),
      kind: text(),
      name: text(),
      createdAt: time()
    })),
    versions: kept(versions).map((id) => ({
      id,
      entityId: chance.pick(entities),
      name: text(),
      isDefault: chance.hit(0.5),
      createdAt: time()
    })),
    builds: kept(builds).map((id) => ({
      id,
      versionId: chance.pick(versions),
      status: chance.pick(statuses.builds),
      artifact: maybe(text),
      branch: maybe(text),
      commitSha: maybe(text),
      commitMessage: maybe(text),
      error: maybe(text),
      createdAt: time(),
      completedAt: maybe(time)
    })),
    sourceEvents: kept(sourceEvents).map((id) => ({
      id,
      workspaceId: chance.pick(workspaces),
      kind: text(),
      payload: chance.hit(0.2) ? null : chance.pick(values),
      createdAt: time()
    }))
  }
}

type Kind = "id" | "enum" | "boolean" | "text" | "number" | "time" | "json"
type Fields = Readonly<Record<string, readonly [kind: Kind, values: ReadonlyArray<unknown>]>>

const text = ["text", texts] as const
const time = ["time", writtenTimes] as const
const number = ["number", writtenNumbers] as const
const boolean = ["boolean", [true, false]] as const
const json = ["json", values] as const
const idOf = (values: ReadonlyArray<unknown>) => ["id", values] as const
const oneOf = (values: ReadonlyArray<unknown>) => ["enum", values] as const

const fieldsOf: Readonly<Record<keyof World, Fields>> = {
  deploys: {
    id: idOf(ids("dep", 13)),
    workspaceId: idOf([...workspaces, "nowhere"]),
    entityId: idOf(entities),
    sequenceNumber: number,
    buildId: idOf(builds),
    status: oneOf(statuses.deploys),
    trigger: oneOf(triggers),
    sourceEventId: idOf(sourceEvents),
    productionUrl: text,
    previewUrl: text,
    error: text,
    metadata: json,
    createdBy: text,
    startedAt: time,
    completedAt: time,
    createdAt: time,
    failureCode: oneOf(failureCodes),
    isLive: boolean
  },
  steps: {
    id: idOf(ids("stp", 33)),
    deployId: idOf(ids("dep", 13)),
    index: number,
    name: text,
    status: oneOf(statuses.steps),
    attempt: number,
    error: text,
    output: json,
    startedAt: time,
    completedAt: time
  },
  workspaces: { id: idOf(workspaces), name: text, createdAt: time },
  entities: { id: idOf(entities), workspaceId: idOf(workspaces), kind: text, name: text, createdAt: time },
  builds: {
    id: idOf(builds),
    versionId: idOf(versions),
    status: oneOf(statuses.builds),
    artifact: text,
    branch: text,
    commitSha: text,
    commitMessage: text,
    error: text,
    createdAt: time,
    completedAt: time
  },
  versions: { id: idOf(versions), entityId: idOf(entities), name: text, isDefault: boolean, createdAt: time },
  sourceEvents: { id: idOf(sourceEvents), workspaceId: idOf(workspaces), kind: text, payload: json, createdAt: time }
}

const toOneOf: Readonly<Record<keyof World, Readonly<Record<string, keyof World>>>> = {
  deploys: { workspace: "workspaces", entity: "entities", build: "builds", sourceEvent: "sourceEvents" },
  steps: {},
  workspaces: {},
  entities: { workspace: "workspaces" },
  builds: { version: "versions" },
  versions: { entity: "entities" },
  sourceEvents: { workspace: "workspaces" }
}

const equality = ["eq", "ne", "in", "notIn", "isNull"]
const order = ["lt", "lte", "gt", "gte"]
const match = ["contains", "startsWith", "endsWith", "iContains", "iStartsWith", "iEndsWith"]

const operators: Readonly<Record<Kind, ReadonlyArray<string>>> = {
  id: equality,
  enum: equality,
  boolean: equality,
  text: [...equality, ...order, ...match],
  number: [...equality, ...order],
  time: [...equality, ...order],
  json: ["isNull", "contains", "hasKey", "path", "path"]
}

const keys = ["a", "b", "c", "0", "constructor", "__proto__"]

const makeOperand = (chance: Chance, operator: string, values: ReadonlyArray<unknown>): unknown => {
  if (operator === "isNull") return chance.hit(0.5)
  if (operator === "in" || operator === "notIn") return chance.some(3, () => chance.pick(values))
  if (operator === "hasKey") return chance.pick(keys)
  if (operator === "path") return makePath(chance)
  return chance.pick(values)
}

const scalars = values.filter((value) => typeof value === "string" || typeof value === "number")

const makePath = (chance: Chance): Json => ({
  keys: [chance.pick(keys), ...chance.some(1, () => chance.pick(keys))],
  ...Object.fromEntries(
    chance.few(2, () => {
      const operator = chance.pick([...operators.text, "hasKey"])
      const pool = match.slice(1).includes(operator) ? texts : order.includes(operator) ? scalars : values
      return [operator, makeOperand(chance, operator, pool)]
    })
  )
})

const makeTests = (chance: Chance, [kind, values]: Fields[string]): Json =>
  Object.fromEntries(
    chance.few(2, () => {
      const operator = chance.pick(operators[kind])
      return [operator, makeOperand(chance, operator, values)]
    })
  )

/** A filter that a request may hold. `room` bounds how deep it goes. */
export const makeFilter = (chance: Chance, table: keyof World = "deploys", room = 3): Json => {
  const inner = () => makeFilter(chance, table, room - 1)
  const part = (): readonly [string, unknown] => {
    const roll = room > 0 ? chance.next() : 1
    if (roll < 0.12) return ["AND", chance.few(3, inner)]
    if (roll < 0.28) return ["OR", chance.few(3, inner)]
    if (roll < 0.4) return ["NOT", inner()]
    const relations = Object.entries(toOneOf[table])
    if (roll < 0.65 && relations.length > 0) {
      const [name, target] = chance.pick(relations)
      const isNull = chance.hit(0.2) ? { isNull: chance.hit(0.5) } : {}
      return [name, { ...makeFilter(chance, target, room - 1), ...isNull }]
    }
    if (roll < 0.8 && table === "deploys") {
      const quantifiers = chance.few(3, () => chance.pick(["some", "every", "none"]))
      return ["steps", Object.fromEntries(quantifiers.map((name) => [name, makeFilter(chance, "steps", room - 1)]))]
    }
    const [name, field] = chance.pick(Object.entries(fieldsOf[table]))
    return [name, makeTests(chance, field)]
  }
  return Object.fromEntries(chance.few(3, part))
}

/** What a caller who sees these workspaces alone can know of a world. */
export const visibleTo = (world: World, scope: ReadonlyArray<string>): World => {
  const seen = (row: Row, field = "workspaceId") => scope.includes(String(row[field]))
  const entities = world.entities.filter((row) => seen(row))
  const versions = world.versions.filter((row) => entities.some(({ id }) => id === row["entityId"]))
  return {
    deploys: world.deploys.filter((row) => seen(row)),
    steps: world.steps,
    workspaces: world.workspaces.filter((row) => seen(row, "id")),
    entities,
    versions,
    builds: world.builds.filter((row) => versions.some(({ id }) => id === row["versionId"])),
    sourceEvents: world.sourceEvents.filter((row) => seen(row))
  }
}

const directions = ["asc", "desc", "asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last"]

/** An order that a request may hold, of one to three keys. */
export const makeOrderBy = (chance: Chance): ReadonlyArray<Json> => {
  const names = Object.keys(fieldsOf.deploys).filter((name) => name !== "metadata")
  const chosen = new Set(chance.some(2, () => chance.pick(names)).concat(chance.pick(names)))
  return [...chosen].map((name) => ({ [name]: chance.pick(directions) }))
}
