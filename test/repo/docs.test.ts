import { assert, describe, it } from "@effect/vitest"
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { region, withSnippets } from "./snippets.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`)
const documents = ["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md", { cwd: root }), ...packages]
const link = /\]\((?<target>[^)#\s]+)(?:#[^)]*)?\)/g

describe("the documents", () => {
  it.each(documents)("show code as its source file has it: %s", (name) => {
    const file = join(root, name)
    const text = readFileSync(file, "utf8")
    const current = withSnippets(root, text)
    if (process.env["UPDATE_DOCS"] !== undefined) writeFileSync(file, current)
    else assert.strictEqual(text, current, `UPDATE_DOCS=1 npm test -- docs brings ${name} up to date`)
  })

  it.each(documents)("show no code that no source file has: %s", (name) => {
    const fences = readFileSync(join(root, name), "utf8").match(/(?:<!-- \S+ -->\n)?```ts\n/g) ?? []
    assert.deepStrictEqual(
      fences.filter((fence) => !fence.startsWith("<!--")),
      []
    )
  })

  it.each(documents)("say nothing under the same heading twice: %s", (name) => {
    const headings = readFileSync(join(root, name), "utf8").match(/^#{2,} .*$/gm) ?? []
    assert.deepStrictEqual(headings, [...new Set(headings)])
  })

  it.each(documents)("link to files that are there: %s", (name) => {
    const targets = [...readFileSync(join(root, name), "utf8").matchAll(link)].map(
      (match) => match.groups?.["target"] ?? ""
    )
    const missing = targets.filter(
      (target) => !/^https?:/.test(target) && !existsSync(join(root, dirname(name), target))
    )
    assert.deepStrictEqual(missing, [])
  })
})

describe("a region", () => {
  it("loses the indentation of its first line, and no more", () => {
    assert.strictEqual(
      region("{\n  // #region a\n  if (x) {\n    y()\n  }\n  // #endregion\n}", "a"),
      "if (x) {\n  y()\n}\n"
    )
  })

  it("that is not there is found missing", () => {
    assert.isNull(region("// #region b\n// #endregion", "a"))
  })
})
