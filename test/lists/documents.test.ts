import { DeployFields, type Field, Order } from "@deploys/core"
import { SearchDeploys } from "@deploys/http/api"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")
const [reference, readme] = [read("docs/lists.md"), read("README.md")]

/** The cells of a row of a table: the one that begins with this, in the table with this head. */
const cells = (document: string, head: string, first: string) => {
  const table = document.slice(document.indexOf(head)).split("\n\n")[0] ?? ""
  const line = table.split("\n").find((row) => row.startsWith(`| ${first} |`)) ?? assert.fail(`${first} is in no row`)
  return line.split("|").slice(2, -1)
}

const names = (cell: string | undefined) => [...(cell ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1])

const kinds: ReadonlyArray<Field.Kind> = ["id", "enum", "boolean", "number", "text", "time", "json"]

describe("the documents of lists", () => {
  it.each(Object.entries(DeployFields))(
    "have every field and relation of %s, and no others",
    (name, { fields, relations }) => {
      const row = cells(reference, "| of | id |", name)
      const written = Object.values<Field.Field>(fields).map((field) => [
        field.kind,
        `${field.name}${field.nullable ? "?" : ""}`
      ])
      const byKind = kinds.map((kind) => written.filter(([of]) => of === kind).map(([, shown]) => shown))
      assert.deepStrictEqual(row.map(names), [...byKind, Object.keys(relations)])
      assert.deepStrictEqual(names(cells(readme, "| row | fields |", name)[0]), Object.keys(fields))
    }
  )

  it("have every parameter", () => {
    const inTable = [...reference.matchAll(/^\| `(\w+)` \| `\w+` \|/gm)].map((match) => match[1])
    assert.deepStrictEqual(inTable.toSorted(), Object.keys(SearchDeploys.fields).toSorted())
  })

  it("have every direction", () => {
    for (const direction of Object.keys(Order.directions)) {
      for (const document of [reference, readme]) assert.include(document, `\`${direction}\``)
    }
  })
})
