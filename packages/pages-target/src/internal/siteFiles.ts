import { type ArtifactFile, ArtifactInvalid, ArtifactPath } from "@deploys/core"
import { Effect, Schema } from "effect"

/** Files that Cloudflare reads instead of serving them. */
export const specialNames = ["_headers", "_redirects", "_worker.js", "_worker.bundle", "_routes.json"] as const
/** Files that Cloudflare reads instead of serving them. */
export type SpecialName = (typeof specialNames)[number]

/** An artifact as Cloudflare Pages takes it. */
export interface Site {
  /** What is served, by its path. */
  readonly assets: ReadonlyArray<ArtifactFile>
  readonly special: ReadonlyMap<SpecialName, ArtifactFile>
  /** What is left out, as Cloudflare's own client leaves it out. */
  readonly ignored: ReadonlyArray<ArtifactFile>
}

/** The largest file, in bytes. */
export const maxFileSize = 25 * 1024 * 1024

const isArtifactPath = Schema.is(ArtifactPath)
const isSpecial = (path: string): path is SpecialName => specialNames.some((name) => name === path)
const ignoredAnywhere: ReadonlySet<string> = new Set([".DS_Store", "node_modules", ".git"])
const ignoredAtRoot: ReadonlySet<string> = new Set([".wrangler", "functions"])

/** As the patterns `**` before `node_modules` and the like have it, where `**` stands for no folder that begins with a dot. */
const isIgnored = (path: string) => {
  const parts = path.split("/")
  if (ignoredAtRoot.has(parts[0] ?? "")) return true
  const at = parts.findIndex((part) => ignoredAnywhere.has(part))
  return at >= 0 && !parts.slice(0, at).some((part) => part.startsWith("."))
}

const refuse = (reason: ArtifactInvalid["reason"], path: string, detail: string) =>
  Effect.fail(new ArtifactInvalid({ reason, path, detail }))

const functionsFolder =
  "Pages Functions have to be built first: run `wrangler pages functions build`, and deploy the `_worker.bundle` or `_worker.js` that it makes"

const check = (file: ArtifactFile, seen: ReadonlySet<string>) => {
  const { path, size } = file
  if (!isArtifactPath(path)) return refuse("path", path, "The path leaves its folder")
  if (seen.has(path)) return refuse("path", path, "The artifact holds it twice")
  if (path.startsWith("functions/")) return refuse("special", path, functionsFolder)
  if (path.startsWith("_worker.js/"))
    return refuse("special", path, "A worker of several modules has to be one file, `_worker.js` or `_worker.bundle`")
  if (size > maxFileSize && !isIgnored(path))
    return refuse("too-large", path, `It has ${size} bytes; Cloudflare Pages takes ${maxFileSize}`)
  return Effect.void
}

/** Tells what is served from what is read, and refuses what Cloudflare Pages can't take. */
export const siteOf = Effect.fnUntraced(function* (files: ReadonlyArray<ArtifactFile>) {
  const seen = new Set<string>()
  const special = new Map<SpecialName, ArtifactFile>()
  const assets: Array<ArtifactFile> = []
  const ignored: Array<ArtifactFile> = []
  for (const file of files) {
    yield* check(file, seen)
    seen.add(file.path)
    if (isSpecial(file.path)) special.set(file.path, file)
    else if (isIgnored(file.path)) ignored.push(file)
    else assets.push(file)
  }
  if (special.has("_worker.js") && special.has("_worker.bundle"))
    return yield* refuse("special", "_worker.bundle", "A site has one worker, `_worker.js` or `_worker.bundle`")
  return { assets, special, ignored } satisfies Site
})
