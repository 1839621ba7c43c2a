import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { carelessRuns, mutations } from "./mutations.ts"

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8")
const cases = read("test/contract/deploy-store/defences.ts")

describe("each mutation", () => {
  it.each(carelessRuns.map(({ edits, name }) => [name, edits] as const))("finds what it takes out: %s", (_, edits) => {
    for (const { file, from } of edits) assert.lengthOf(read(`packages/${file}`).split(from), 2, from)
  })

  it.each(mutations.map(({ memory, name, sql, test }) => [name, test, [...memory, ...sql]] as const))(
    "finds the defence that it takes out: %s",
    (_, test, edits) => {
      assert.include(cases, `it.effect("${test}"`)
      for (const { file, from } of edits)
        assert.lengthOf(read(`packages/${file}`).split(from), 2, `${file} holds it once: ${from}`)
    }
  )
})

describe("the copy that mutations are made in", () => {
  it("runs the simulation", () => {
    const script = fileURLToPath(new URL("run.ts", import.meta.url))
    const { status, stdout } = spawnSync(process.execPath, [script, "5", "copy"], { encoding: "utf8" })
    assert.strictEqual(status, 0, stdout)
  })
})
