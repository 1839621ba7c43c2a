import { ArtifactPath } from "@deploys/core"
import { Effect, FileSystem, Option, Path, Schema } from "effect"
import { hasLongName } from "./artifactEntries.ts"

/** What a request's path stands for in a site's folder. */
export type Located =
  | { readonly _tag: "File"; readonly path: string }
  | { readonly _tag: "Redirect"; readonly location: string }
  | { readonly _tag: "Missing" }

const missing: Located = { _tag: "Missing" }

// The rule for paths in an artifact is the rule for paths that can be asked for: no `..`, backslash, NUL or empty part.
const decodePath = Schema.decodeUnknownOption(Schema.StringFromUriComponent.pipe(Schema.decodeTo(ArtifactPath)))

/** The path of a regular file of the folder; none where there is no such file, or a symbolic link is on the way to it. */
export const findFile = Effect.fnUntraced(
  function* (folder: string, name: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = path.join(folder, name)
    if (hasLongName(name) || (yield* fs.realPath(file)) !== file) return Option.none()
    return (yield* fs.stat(file)).type === "File" ? Option.some(file) : Option.none()
  },
  // `BadResource`: the path goes on below a file.
  Effect.catchReasons("PlatformError", {
    NotFound: () => Effect.succeed(Option.none<string>()),
    BadResource: () => Effect.succeed(Option.none<string>())
  })
)

/**
 * Finds what a request's target (path and query, still encoded) stands for in the folder, a path without symbolic links.
 *
 * `/dir/` is `dir/index.html`; `/page` is the file `page`, else `page.html`, else a redirect to `/page/` if that is there.
 */
export const locate = Effect.fnUntraced(function* (folder: string, target: string) {
  const [pathname = "", ...query] = target.split("?")
  const index = pathname === "/" || pathname.endsWith("/") ? "index.html" : ""
  const decoded = pathname.startsWith("/") ? decodePath(pathname.slice(1) + index) : Option.none()
  if (Option.isNone(decoded)) return missing
  for (const name of index === "" ? [decoded.value, `${decoded.value}.html`] : [decoded.value]) {
    const file = yield* findFile(folder, name)
    if (Option.isSome(file)) return { _tag: "File", path: file.value } satisfies Located
  }
  if (index !== "" || Option.isNone(yield* findFile(folder, `${decoded.value}/index.html`))) return missing
  return { _tag: "Redirect", location: [`${pathname}/`, ...query].join("?") } satisfies Located
})
