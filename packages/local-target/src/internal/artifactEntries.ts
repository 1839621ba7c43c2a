import { type ArtifactFile, ArtifactInvalid, ArtifactPath } from "@deploys/core"
import { Effect, Schema } from "effect"

/** The longest name of one file that the usual file systems take, in bytes of UTF-8. */
const longestName = 255

const encoder = new TextEncoder()

/** Whether a part of the path is longer than the usual file systems take. */
export const hasLongName = (path: string): boolean =>
  path.split("/").some((part) => encoder.encode(part).length > longestName)

const foldersOf = (path: string): ReadonlyArray<string> => {
  const parts = path.split("/")
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"))
}

/** The paths of all folders that hold the files. */
export const folderPaths = (files: ReadonlyArray<ArtifactFile>): ReadonlySet<string> =>
  new Set(files.flatMap((file) => foldersOf(file.path)))

const isArtifactPath = Schema.is(ArtifactPath)

/** Fails with the first entry that can't be a file of its own inside its folder, whatever the file system. */
export const checkEntries = (files: ReadonlyArray<ArtifactFile>): Effect.Effect<void, ArtifactInvalid> => {
  const folders = folderPaths(files)
  const seen = new Set<string>()
  const faultOf = (path: string) => {
    if (!isArtifactPath(path)) return "The path is not one of an artifact"
    if (folders.has(path)) return "It is a file and a folder at once"
    if (seen.has(path)) return "The artifact holds it twice"
    return hasLongName(path) ? `A name in it is longer than ${longestName} bytes` : null
  }
  for (const { path } of files) {
    const detail = faultOf(path)
    if (detail !== null) return Effect.fail(new ArtifactInvalid({ reason: "path", path, detail }))
    seen.add(path)
  }
  return Effect.void
}
