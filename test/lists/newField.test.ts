import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { withField } from "./newField/line.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Runs the program of this test on packages whose description of the fields has one line more. */
const findings = () => {
  const hooks = new URL("newField/hooks.ts", import.meta.url).href
  const out = execFileSync(process.execPath, ["--import", hooks, here("newField/program.ts")], { encoding: "utf8" })
  return JSON.parse(out)
}

const uses = `
import type { DeployFilter } from "./list/DeployFilter.ts"
import type { OrderBy } from "./list/OrderBy.ts"
export const filter: DeployFilter = { region: { startsWith: "eu", isNull: false }, OR: [{ region: { notIn: ["us"] } }] }
export const orderBy: OrderBy = [{ region: "desc_nulls_last" }]
// @ts-expect-error -- a region is text
export const number: DeployFilter = { region: { eq: 1 } }
// @ts-expect-error -- a step has no region
export const step: DeployFilter = { steps: { some: { region: {} } } }
`

/** What the compiler says of these uses where the description has this text; nothing if it takes them. */
const compile = (description: (source: string) => string) => {
  mkdirSync(join(root, "node_modules/.cache"), { recursive: true })
  const folder = mkdtempSync(join(root, "node_modules/.cache/new-field-"))
  const core = join(root, "packages/core/src")
  for (const part of ["list", "domain"]) cpSync(join(core, part), join(folder, part), { recursive: true })
  const fields = join(folder, "list/DeployFields.ts")
  writeFileSync(fields, description(readFileSync(fields, "utf8")))
  writeFileSync(join(folder, "uses.ts"), uses)
  const compilerOptions = {
    composite: false,
    declarationMap: false,
    noEmit: true,
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true
  }
  const config = { extends: join(root, "tsconfig.json"), files: ["uses.ts"], references: [], compilerOptions }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  try {
    return execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" })
  } catch (failure) {
    return failure instanceof Error && "stdout" in failure ? String(failure.stdout) : "it did not run"
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe("one line of the description", { timeout: 90_000 }, () => {
  it("makes a field that is checked, filtered, ordered and described, in memory and in SQL", () => {
    const found = findings()
    assert.include(found.fields, "region")
    assert.deepStrictEqual(
      found.faults.map(({ code, path }: { readonly code: string; readonly path: string }) => [path, code]),
      [
        ["/filter/region/eqq", "unknown"],
        ["/filter/region/eq", "invalid"],
        ["/orderBy/0/region", "invalid"]
      ]
    )
    assert.deepStrictEqual(found.inOpenApi, [
      { $ref: "#/components/schemas/TextOperators" },
      { $ref: "#/components/schemas/Direction" }
    ])
    const expected = [
      [4, 1],
      [2, 1, 4],
      [3, 1]
    ]
    assert.deepStrictEqual(found.inMemory, expected)
    assert.deepStrictEqual(found.onPglite, expected)
    assert.deepStrictEqual(found.walked, [2, 4, 1, 3])
  })

  it("makes a field that the types of filters and orders have", () => {
    assert.strictEqual(compile(withField), "")
    assert.include(
      compile((source) => source),
      "region"
    )
  })
})
