import { posix } from "node:path"
import type { Package } from "./workspace.ts"

/** Which siblings a package may import: the table of docs/architecture, and the one place that holds it. */
export const siblings: Record<string, ReadonlyArray<string>> = {
  core: [],
  "sql-store": ["core"],
  "pages-target": ["core"],
  "local-target": ["core"],
  http: ["core"],
  cluster: ["core", "sql-store"],
  server: ["core", "sql-store", "pages-target", "local-target", "http", "cluster"]
}

/** A package's folders, lowest first: a folder imports itself and what stands before it. `""` is the top of `src`. */
export const levels: Record<string, ReadonlyArray<string>> = {
  core: ["internal", "domain", "list", "plan", "ports", "run", "memory", "files", "testing", ""]
}

/** What some sources may use beside their own package, where that is less than all that package.json declares. */
const only: ReadonlyArray<{ readonly under: string; readonly may: RegExp; readonly says: string }> = [
  {
    under: "core/",
    may: /^effect(?!\/(sql|http|http-api|cluster|cli|rpc|socket|net|process)(\/|$))/,
    says: "core imports effect alone, and knows no SQL, no HTTP and no host"
  },
  {
    under: "http/api/",
    may: /^(effect|@deploys\/core)(\/|$)/,
    says: "the contract imports effect and core alone, so that a browser can import it"
  }
]

/** Every breach of the tables above, as a sentence; empty when the packages keep to them. */
export const breaches = (packages: ReadonlyArray<Package>): ReadonlyArray<string> =>
  packages.flatMap((pkg) => [
    ...manifestBreaches(pkg),
    ...[...pkg.sources].flatMap(([file, text]) =>
      specifiers(text).flatMap((specifier) => {
        const says = specifier.startsWith(".")
          ? insideBreach(pkg, file, specifier)
          : outsideBreach(pkg, file, specifier)
        return says === undefined ? [] : [`${pkg.folder}/src/${file} imports ${specifier}: ${says}`]
      })
    )
  ])

const statement =
  /^[ \t]*(?:import\s*|(?:import|export)\b[\w\s{},*$]*\bfrom\s*)["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm

/** What a module imports or re-exports. Statements begin a line, which tells them from those in doc comments. */
export const specifiers = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(statement)].map((match) => match[1] ?? match[2] ?? "")

function insideBreach(pkg: Package, file: string, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(file), specifier)
  if (target.startsWith("..")) return "it leaves the package's src"
  const order = levels[pkg.folder]
  if (order === undefined) {
    const climbs = `${pkg.folder}/${file}`.startsWith("http/api/") && !target.startsWith("api/")
    return climbs ? "api/ imports nothing of the server" : undefined
  }
  const from = order.indexOf(folderOf(file))
  const to = order.indexOf(folderOf(target))
  if (from < 0 || to < 0) return `${folderOf(from < 0 ? file : target)}/ has no place among the levels`
  return to > from ? `${folderOf(target) || "the top"} stands above ${folderOf(file)}` : undefined
}

const folderOf = (file: string) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "")

function outsideBreach(pkg: Package, file: string, specifier: string): string | undefined {
  const rule = only.find(({ under }) => `${pkg.folder}/${file}`.startsWith(under))
  if (rule !== undefined && !rule.may.test(specifier)) return rule.says
  if (specifier.startsWith("node:")) return undefined
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")
  if (name === pkg.manifest.name) return "a package does not import itself by name"
  if (name.startsWith("@deploys/") && !mayImport(pkg.folder).includes(name)) return siblingRule(pkg.folder)
  const declared = { ...pkg.manifest.dependencies, ...pkg.manifest.peerDependencies }
  return name in declared ? undefined : `${name} is not among its dependencies`
}

function manifestBreaches({ folder, manifest }: Package): ReadonlyArray<string> {
  if (!(folder in siblings)) return [`${folder} has no row in the table of packages`]
  const said = (says: string) => `${folder}/package.json: ${says}`
  const own = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
  return [
    ...(manifest.name === `@deploys/${folder}` ? [] : [said(`its name is not @deploys/${folder}`)]),
    ...(manifest.peerDependencies?.["effect"] === undefined ? [said("effect is not a peer dependency")] : []),
    ...own
      .filter((name) => name.startsWith("@deploys/") && !mayImport(folder).includes(name))
      .map((name) => said(`depends on ${name}: ${siblingRule(folder)}`)),
    ...ranges
      .filter(([name, range]) => range !== (name.startsWith("@deploys/") ? "workspace:^" : "catalog:"))
      .map(([name, range]) => said(`${name} is "${range}": versions stand in the catalog alone`))
  ]
}

const mayImport = (folder: string) => (siblings[folder] ?? []).map((name) => `@deploys/${name}`)

const siblingRule = (folder: string) => `${folder} may import ${mayImport(folder).join(", ") || "no sibling"}`
