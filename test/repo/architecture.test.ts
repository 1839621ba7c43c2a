import { assert, describe, it } from "@effect/vitest"
import { breaches, specifiers } from "./importRules.ts"
import type { Manifest, Package } from "./workspace.ts"
import { readPackages } from "./workspace.ts"

const packageOf = (folder: string, sources: Record<string, string>, manifest: Partial<Manifest> = {}): Package => ({
  folder,
  manifest: {
    name: `@deploys/${folder}`,
    version: "0.0.0",
    exports: {},
    publishConfig: { exports: {} },
    peerDependencies: { effect: "^4.1.0" },
    ...manifest
  },
  sources: new Map(Object.entries(sources))
})

describe("the packages", () => {
  it("import only what the table lets them", () => {
    assert.deepStrictEqual(breaches(readPackages()), [])
  })
})

describe("the check of imports", () => {
  const cases: ReadonlyArray<readonly [name: string, pkg: Package, says: string]> = [
    [
      "a sibling that the table leaves out",
      packageOf("http", { "A.ts": `import "@deploys/sql-store"` }),
      "http may import"
    ],
    [
      "a library that is not declared",
      packageOf("http", { "A.ts": `import { a } from "pg"` }),
      "not among its dependencies"
    ],
    ["a host in core", packageOf("core", { "run/A.ts": `import * as fs from "node:fs"` }), "effect alone"],
    ["SQL in core", packageOf("core", { "run/A.ts": `import { SqlClient } from "effect/sql"` }), "no SQL"],
    [
      "a higher folder of core",
      packageOf("core", { "list/A.ts": `export * from "../run/B.ts"` }),
      "run stands above list"
    ],
    [
      "the top from a folder",
      packageOf("core", { "run/A.ts": `import type { A } from "../Engine.ts"` }),
      "the top stands above"
    ],
    ["a folder without a level", packageOf("core", { "misc/A.ts": `import "../domain/B.ts"` }), "misc/ has no place"],
    [
      "a way out of the package",
      packageOf("http", { "A.ts": `import "../../core/src/index.ts"` }),
      "leaves the package"
    ],
    [
      "the server from its contract",
      packageOf("http", { "api/A.ts": `import "../Server.ts"` }),
      "nothing of the server"
    ],
    ["a lazy import", packageOf("core", { "A.ts": `const a = () => import("node:fs")` }), "effect alone"],
    ["itself by name", packageOf("sql-store", { "A.ts": `import "@deploys/sql-store"` }), "itself by name"],
    ["a package without a row", packageOf("extra", {}), "no row"],
    [
      "a dependency that the table leaves out",
      packageOf("core", {}, { dependencies: { "@deploys/http": "workspace:^" } }),
      "no sibling"
    ],
    [
      "a version outside the catalog",
      packageOf("core", {}, { devDependencies: { vitest: "^5" } }),
      "the catalog alone"
    ],
    ["effect as a plain dependency", packageOf("core", {}, { peerDependencies: {} }), "not a peer"]
  ]

  it.each(cases)("finds %s", (_, pkg, says) => {
    const found = breaches([pkg])
    assert.lengthOf(found, 1)
    assert.include(found[0], says)
  })

  it("lets pass what the tables allow", () => {
    const core = packageOf("core", {
      "index.ts": `export * from "./run/A.ts"\nexport * as Testing from "./testing/T.ts"`,
      "run/A.ts": `import { Effect } from "effect"\nimport type { B } from "../list/B.ts"\nimport { C } from "./C.ts"`
    })
    const store = packageOf(
      "sql-store",
      { "A.ts": `import { A } from "@deploys/core"\nimport { resolve } from "node:path"` },
      { dependencies: { "@deploys/core": "workspace:^" } }
    )
    assert.deepStrictEqual(breaches([core, store]), [])
  })

  it("reads imports over several lines and none out of comments", () => {
    const text = [
      `import {`,
      `  a,`,
      `  b`,
      `} from "./ab.ts"`,
      `/**`,
      ` * import { c } from "./c.ts"`,
      ` */`,
      `export const d = "./d.ts"`,
      `export class G extends Schema.TaggedError<G>()("./g.ts", {}) {}`,
      `export * as E from './e.ts'`,
      `import "./f.ts"`
    ].join("\n")
    assert.deepStrictEqual(specifiers(text), ["./ab.ts", "./e.ts", "./f.ts"])
  })
})
