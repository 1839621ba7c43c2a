import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { mutations } from "./mutations.ts"

const sources = fileURLToPath(new URL("../../../packages/core/src/", import.meta.url))
const tests = readFileSync(fileURLToPath(new URL("defences.test.ts", import.meta.url)), "utf8")

describe("each mutation", () => {
  it.each(mutations.map(({ edits, name, test }) => [name, test, edits] as const))(
    "finds the defence that it takes out: %s",
    (_, test, edits) => {
      assert.include(tests, `it.effect("${test}"`)
      for (const { file, from } of edits)
        assert.lengthOf(readFileSync(`${sources}${file}`, "utf8").split(from), 2, `${file} holds it once: ${from}`)
    }
  )
})
