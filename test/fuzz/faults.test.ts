import { assert, describe, it } from "@effect/vitest"
import { judge } from "./faults.ts"

const ours = ["X-Request-Id: req_1", "X-Content-Type-Options: nosniff"]

const answer = (status: number, headers: ReadonlyArray<string>, body: string) =>
  [`HTTP/1.1 ${status} Words`, ...headers, "", body].join("\r\n")

const problem = (status: number, rest: object = {}) =>
  answer(
    status,
    [...ours, "Content-Type: application/problem+json"],
    JSON.stringify({ type: "urn:x", title: "X", status, detail: "x", ...rest })
  )

const fault = { path: "/a", code: "unknown", message: "is not known" }

const cases: ReadonlyArray<readonly [name: string, text: string, faults: ReadonlyArray<string>]> = [
  ["no answer at all", "", []],
  ["a success", answer(200, [...ours, "Content-Type: application/json"], "{}"), []],
  ["what Node answers itself", answer(431, ["Connection: close"], ""), []],
  ["a problem", problem(404), []],
  ["a 400 with its faults", problem(400, { errors: [fault] }), []],
  ["a 400 that names none", problem(400), ["a 400 that does not say where"]],
  ["a 400 with a fault without a path", problem(400, { errors: [{}] }), ["a 400 that does not say where"]],
  ["a 500", problem(500), ["a 500"]],
  ["a 503", problem(503), ["a 503"]],
  ["an error as text", answer(404, [...ours, "Content-Type: text/plain"], "No"), ["an error that is no problem"]],
  ["an empty 404", answer(404, [], ""), ["a 404 without x-request-id and x-content-type-options"]],
  ["a problem of another status", problem(404, { status: 400 }), ["a problem of another status"]],
  ["what is no HTTP", "<html>", ["what is no HTTP"]],
  ["the second of a pipeline", problem(404) + problem(500), ["a 500"]]
]

describe("the judge of what a server answers", () => {
  it.each(cases)("knows %s", (_, text, faults) => {
    assert.deepStrictEqual(judge({ text, millis: 1, stuck: false }, false).faults, faults)
  })

  it("knows a connection that nobody closes", () => {
    assert.deepStrictEqual(judge({ text: "", millis: 1, stuck: true }, false).faults, ["a connection that stays open"])
  })
})
