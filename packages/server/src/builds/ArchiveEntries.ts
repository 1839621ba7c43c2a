import { ArtifactPath } from "@deploys/core"
import { Effect, Option } from "effect"
import type { Tar } from "effect/encoding"
import { ArchiveInvalid } from "./ArchiveInvalid.ts"
import type { SiteLimits } from "./SiteLimits.ts"

/** What an entry of an archive becomes. The archive's own root is nothing. */
export type AcceptedEntry =
  | { readonly kind: "file" | "folder"; readonly path: ArtifactPath }
  | { readonly kind: "root" }

const kinds: Readonly<Record<Tar.EntryType, "file" | "folder" | ArchiveInvalid["reason"]>> = {
  File: "file",
  Directory: "folder",
  Symlink: "link",
  Hardlink: "link",
  CharDevice: "special",
  BlockDevice: "special",
  Fifo: "special",
  Other: "special"
}

const details = {
  link: "is a link, and links are not taken",
  special: "is neither a file nor a folder",
  path: "is not a path inside the archive"
}

/** `tar -C site .` writes `./` in front of every name, and folders end with a slash. */
const plainPath = (name: string) => name.replace(/^(\.\/+)+/, "").replace(/\/+$/, "")

/** Judges the entries of one archive as they come; each call is told the next header. */
export const makeEntryJudge = (limits: (typeof SiteLimits)["Service"]) => {
  const seen = new Map<string, "file" | "folder">()
  let files = 0
  let entries = 0
  let bytes = 0

  const refuse = (reason: ArchiveInvalid["reason"], entry: string, detail: string) =>
    new ArchiveInvalid({ reason, entry, detail })

  const sizeFault = ({ path, size }: Tar.Header) => {
    if (files > limits.files || entries > 2 * limits.files)
      return refuse("too-large", path, `is one entry too many: at most ${limits.files} files are taken`)
    if (size > limits.fileBytes)
      return refuse("too-large", path, `has ${size} bytes, and a file may have ${limits.fileBytes}`)
    return bytes > limits.totalBytes
      ? refuse("too-large", path, `makes the files larger than ${limits.totalBytes} bytes together`)
      : undefined
  }

  const placeFault = (name: string, path: ArtifactPath, kind: "file" | "folder") => {
    const parents = path.split("/").map((_, index, parts) => parts.slice(0, index).join("/"))
    if (parents.some((parent) => seen.get(parent) === "file"))
      return refuse("duplicate", name, "lies below a file of the archive")
    const known = seen.get(path)
    if (known !== undefined && (known === "file" || kind === "file"))
      return refuse("duplicate", name, "is in the archive twice")
    for (const parent of parents) seen.set(parent, "folder")
    seen.set(path, kind)
    return undefined
  }

  return Effect.fnUntraced(function* (header: Tar.Header): Effect.fn.Return<AcceptedEntry, ArchiveInvalid> {
    const kind = kinds[header.type]
    if (kind !== "file" && kind !== "folder")
      return yield* refuse(kind, header.path, kind === "link" ? details.link : details.special)
    entries += 1
    if (kind === "file") files += 1
    bytes += header.size
    const tooLarge = sizeFault(header)
    if (tooLarge !== undefined) return yield* tooLarge
    const plain = plainPath(header.path)
    if (kind === "folder" && (plain === "" || plain === ".") && !header.path.startsWith("/")) return { kind: "root" }
    const path = ArtifactPath.makeOption(plain)
    if (Option.isNone(path) || (kind === "file" && header.path.endsWith("/")))
      return yield* refuse("path", header.path, details.path)
    const misplaced = placeFault(header.path, path.value, kind)
    return misplaced === undefined ? { kind, path: path.value } : yield* misplaced
  })
}
