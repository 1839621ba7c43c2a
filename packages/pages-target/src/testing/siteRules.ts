/** Headers for the paths that a rule of `_headers` fits. */
export interface HeaderRule {
  readonly pattern: RegExp
  readonly set: ReadonlyArray<readonly [name: string, value: string]>
  readonly remove: ReadonlyArray<string>
}

/** A rule of `_redirects`. */
export interface RedirectRule {
  readonly pattern: RegExp
  readonly to: string
  readonly status: number
  readonly isDynamic: boolean
}

/** `*` fits anything and is named `splat`, `:name` fits up to the next slash. */
const patternOf = (path: string) => {
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  const source = escaped.replaceAll(/:([A-Za-z]\w*)/g, "(?<$1>[^/]+)").replace("*", "(?<splat>.*)")
  return new RegExp(`^${source.replaceAll("*", ".*")}$`)
}

const fill = (text: string, groups: Readonly<Record<string, string>> | undefined) =>
  text.replaceAll(/:([A-Za-z]\w*)/g, (whole, name: string) => groups?.[name] ?? whole)

const linesOf = (text: string) =>
  text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.trim().startsWith("#"))

/** Reads `_headers`: a path at the start of a line, and its headers below it, indented. Rules for other hosts are left out. */
export const readHeaders = (text: string): ReadonlyArray<HeaderRule> => {
  const rules: Array<{ pattern: RegExp; set: Array<readonly [string, string]>; remove: Array<string> }> = []
  for (const line of linesOf(text)) {
    const rule = rules.at(-1)
    if (!/^\s/.test(line)) rules.push({ pattern: patternOf(line.trim()), set: [], remove: [] })
    else if (rule !== undefined && line.trim().startsWith("!")) rule.remove.push(line.trim().slice(1).trim())
    else if (rule !== undefined) {
      const [name = "", ...value] = line.split(":")
      rule.set.push([name.trim(), value.join(":").trim()])
    }
  }
  return rules
}

/** The headers of a path: several values of one name are joined. */
export const headersFor = (rules: ReadonlyArray<HeaderRule>, path: string, base: Record<string, string>) => {
  const headers = new Map(Object.entries(base))
  const own = new Set<string>()
  for (const rule of rules) {
    const match = rule.pattern.exec(path)
    if (match === null) continue
    for (const name of rule.remove) headers.delete(name.toLowerCase())
    for (const [name, value] of rule.set) {
      const key = name.toLowerCase()
      const before = own.has(key) ? headers.get(key) : undefined
      const filled = fill(value, match.groups)
      headers.set(key, before === undefined ? filled : `${before}, ${filled}`)
      own.add(key)
    }
  }
  return Object.fromEntries(headers)
}

/** Reads `_redirects`: `from to status`, where 302 is what no status means. Static rules go before dynamic ones. */
export const readRedirects = (text: string): ReadonlyArray<RedirectRule> =>
  linesOf(text)
    .flatMap((line) => {
      const [from, to, status = "302"] = line.trim().split(/\s+/)
      if (from === undefined || to === undefined) return []
      return [{ pattern: patternOf(from), to, status: Number(status), isDynamic: /[*:]/.test(from) }]
    })
    .toSorted((one, other) => Number(one.isDynamic) - Number(other.isDynamic))

/** Where a path leads; undefined where no rule fits. */
export const redirectFor = (rules: ReadonlyArray<RedirectRule>, path: string) => {
  for (const { pattern, status, to } of rules) {
    const match = pattern.exec(path)
    if (match !== null) return { to: fill(to, match.groups), status }
  }
  return undefined
}
