/**
 * Holds the routes to the OpenAPI document: each operation gives every answer that the document has of it and no other, and
 * each answer fits its schema. `node_modules/.cache/conformance.md` is the table of what was given.
 */
import { assert, describe, it, layer } from "@effect/vitest"
import { Array, Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type Case, casesOf, sharedCases } from "./Cases.ts"
import { type Answer, answersOf, bodyFaults, faultsOf, nameOf, type Operation, operations, text } from "./Document.ts"
import { World } from "./World.ts"

const table = new Map<string, ReadonlyArray<string>>()

const cache = fileURLToPath(new URL("../../../../node_modules/.cache", import.meta.url))

const requestOf = ({ method, path }: Operation, asked: Case) => {
  const { as = "ada", fault, headers = {}, id = "none", json, query, raw } = asked
  return {
    method,
    path: `${path.replace("{id}", encodeURIComponent(id))}${query === undefined ? "" : `?${query}`}`,
    headers: {
      ...(as === null ? {} : { authorization: `Bearer ${as}` }),
      ...(json === undefined && raw === undefined ? {} : { "content-type": "application/json" }),
      ...headers
    },
    body: raw ?? (json === undefined ? undefined : JSON.stringify(json)),
    fault
  }
}

/** A case with what it leaves out. One that brings a body of its own takes no other. */
const completed = (good: Case, asked: Case): Case => ({
  ...good,
  ...asked,
  headers: { ...good.headers, ...asked.headers },
  ...(asked.raw === undefined ? {} : { json: undefined })
})

layer(World.layer, { excludeTestServices: true, timeout: "60 seconds" })("the routes and their document", (it) => {
  it.effect.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
    "agree on every answer of %s",
    ([name, operation]) =>
      Effect.gen(function* () {
        const { rows, send } = yield* World
        const cases = (yield* casesOf(rows))[operation.operationId]
        if (cases === undefined) return assert.fail(`${operation.operationId} has no cases in Cases.ts`)
        const { bad = [], before = [], good } = cases
        const given: Array<string> = []
        const ask = Effect.fnUntraced(function* (asked: Case) {
          const answer: Answer = yield* send(requestOf(operation, asked))
          const said = `${JSON.stringify(asked)} is answered ${answer.status} ${answer.text.slice(0, 500)}`
          assert.deepStrictEqual(faultsOf(operation, answer), [], said)
          assert.notInclude(answer.text, "canary-secret")
          given.push(nameOf(answer))
          return { answer, said }
        })
        const asks = [...before, ...sharedCases(operation), ...bad].map((asked) => completed(good, asked))
        for (const asked of asks) yield* ask(asked)
        const { answer, said } = yield* ask(good)
        assert.isBelow(answer.status, 300, said)
        if (good.json !== undefined) assert.deepStrictEqual(bodyFaults(operation, good.json), [], said)
        table.set(name, Array.dedupe(given).toSorted())
        assert.deepStrictEqual(table.get(name), answersOf(operation).toSorted())
      })
  )

  it.effect("agree on the document itself", () =>
    Effect.gen(function* () {
      const { send } = yield* World
      const served = yield* send({ method: "GET", path: "/openapi.json", headers: {} })
      assert.deepStrictEqual(JSON.parse(served.text), JSON.parse(text))
    })
  )

  it.effect("are told in a table", () =>
    Effect.sync(() => {
      const lines = [...table].map(([name, answers]) => `| ${name} | ${answers.join(" · ")} |`)
      mkdirSync(cache, { recursive: true })
      writeFileSync(`${cache}/conformance.md`, ["| operation | answers |", "| --- | --- |", ...lines, ""].join("\n"))
      assert.strictEqual(lines.length, operations.length)
    })
  )
})

describe("the check of an answer", () => {
  const get = operations.find(({ operationId }) => operationId === "builds.get")
  const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
    status,
    headers: new Headers({ "content-type": "application/json", "x-request-id": "req_1", ...headers }),
    text: JSON.stringify(body)
  })
  const at = "2026-11-24T17:44:12.123456Z"
  const build = { id: "b", versionId: "v", status: "completed", artifact: "a", createdAt: at, completedAt: null }
  const sound = { ...build, branch: null, commitSha: null, commitMessage: null, error: null }
  const nameTaken = { type: "urn:problem-type:deploys:name-taken", title: "Name Taken", status: 404, detail: "" }
  const cases: ReadonlyArray<readonly [name: string, given: Answer, faults: ReadonlyArray<string>]> = [
    ["nothing in a sound one", answer(200, sound), []],
    [
      "a field that is missing",
      answer(200, build),
      ["branch", "commitSha", "commitMessage", "error"].map((name) => ` must have required property '${name}'`)
    ],
    ["a field too many", answer(200, { ...sound, secret: 1 }), [" must NOT have additional properties"]],
    [
      "a time of another form",
      answer(200, { ...sound, createdAt: "now" }),
      [
        `/createdAt must match format "date-time"`,
        '/createdAt must match pattern "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$"'
      ]
    ],
    ["a status that is not documented", answer(202, sound), ["202 is not documented"]],
    [
      "a problem of another operation",
      answer(404, nameTaken, { "content-type": "application/problem+json" }),
      ["404 NameTaken is not documented"]
    ],
    [
      "a header that is missing",
      { ...answer(200, sound), headers: new Headers({ "content-type": "application/json" }) },
      ["lacks the header x-request-id"]
    ],
    [
      "a type that is not documented",
      answer(200, sound, { "content-type": "text/html" }),
      ["is text/html, which is not documented"]
    ]
  ]
  it.each(cases)("finds %s", (_, given, faults) => {
    assert.deepStrictEqual(get === undefined ? undefined : faultsOf(get, given).toSorted(), faults.toSorted())
  })
})
