import { assert, describe, it } from "@effect/vitest"
import { specifiers } from "./importRules.ts"
import type { Exports, Package } from "./workspace.ts"
import { isPlaceholder, readPackages } from "./workspace.ts"

/** `.` is `src/index.ts`, and every other folder with an `index.ts` is a subpath of its name: nothing else is public. */
const entries = ({ sources }: Package): ReadonlyArray<readonly [subpath: string, file: string]> =>
  [...sources.keys()]
    .filter((file) => /^([a-z-]+\/)?index\.ts$/.test(file) && !file.startsWith("internal/"))
    .map((file) => [file === "index.ts" ? "." : `./${file.slice(0, -"/index.ts".length)}`, file] as const)

const built = (file: string) => {
  const path = `./dist/${file.slice(0, -".ts".length)}`
  return { types: `${path}.d.ts`, import: `${path}.js` }
}

const fixed: Exports = { "./package.json": "./package.json", "./internal/*": null }

describe.each(readPackages())("the exports of $folder", (pkg) => {
  const modules = entries(pkg)

  it("are its index and its folders with an index, as sources", () => {
    const expected = { ...Object.fromEntries(modules.map(([subpath, file]) => [subpath, `./src/${file}`])), ...fixed }
    assert.deepStrictEqual(pkg.manifest.exports, expected)
  })

  it("are the same when published, as built files with types", () => {
    const expected = { ...Object.fromEntries(modules.map(([subpath, file]) => [subpath, built(file)])), ...fixed }
    assert.deepStrictEqual(pkg.manifest.publishConfig.exports, expected)
  })

  it("come from index files that hold nothing but re-exports of what exists", () => {
    for (const [, file] of modules) {
      const text = pkg.sources.get(file) ?? ""
      const left = text.replaceAll(
        /\/\*[^]*?\*\/|\/\/.*|export (type )?(\*|\* as \w+|\{[^}]*\}) from "[^"]+"|export \{\}/g,
        ""
      )
      assert.strictEqual(left.trim(), "", `${pkg.folder}/src/${file}`)
      const folder = file.slice(0, -"index.ts".length)
      const missing = specifiers(text).filter((specifier) => !pkg.sources.has(posixJoin(folder, specifier)))
      assert.deepStrictEqual(missing, [])
    }
  })

  it.skipIf(isPlaceholder(pkg))("go with commands that exist, from sources and when published", () => {
    const { bin = {}, publishConfig } = pkg.manifest
    for (const path of Object.values(bin)) assert.isTrue(pkg.sources.has(path.replace("./src/", "")), path)
    const published = Object.entries(bin).map(([name, path]) => [
      name,
      path.replace("./src/", "./dist/").replace(/ts$/, "js")
    ])
    assert.deepStrictEqual(publishConfig.bin ?? {}, Object.fromEntries(published))
  })
})

const posixJoin = (folder: string, specifier: string) => new URL(specifier, `file:///${folder}`).pathname.slice(1)
