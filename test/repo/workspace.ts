import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export type Exports = Record<string, string | null | { readonly types: string; readonly import: string }>

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin?: Record<string, string>
  readonly exports: Exports
  readonly publishConfig: { readonly bin?: Record<string, string>; readonly exports: Exports }
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

/** One package as it lies in the checkout; `sources` maps a path below `src/` to its text. */
export interface Package {
  readonly folder: string
  readonly manifest: Manifest
  readonly sources: ReadonlyMap<string, string>
}

export const readPackages = (): ReadonlyArray<Package> =>
  readdirSync(join(root, "packages"))
    .filter((folder) => existsSync(join(root, "packages", folder, "package.json")))
    .map(readPackage)

function readPackage(folder: string): Package {
  const src = join(root, "packages", folder, "src")
  const files = existsSync(src) ? readdirSync(src, { recursive: true, encoding: "utf8" }) : []
  const modules = files.map((file) => file.replaceAll("\\", "/")).filter((file) => file.endsWith(".ts"))
  return {
    folder,
    manifest: JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8")) as Manifest,
    sources: new Map(modules.map((file) => [file, readFileSync(join(src, file), "utf8")]))
  }
}

/** A package that holds nothing yet. */
export const isPlaceholder = (pkg: Package) => pkg.sources.get("index.ts")?.trim() === "export {}"
