import { Context, type Effect, Schema, type Stream } from "effect"
import type { ArtifactLocator } from "../domain/Build.ts"

/**
 * Path of a file in an artifact: relative, `/` between its parts, no part empty, `.` or `..`, no backslash, no control
 * character, at most 1,024 characters.
 */
export const ArtifactPath = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(1024),
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  Schema.isPattern(/^[^\u0000-\u001f\u007f\\]+$/, { expected: "no backslash and no control character" }),
  Schema.makeFilter(
    (path: string) =>
      (path.isWellFormed() && path.split("/").every((part) => part !== "" && part !== "." && part !== "..")) ||
      "a relative path that stays inside its folder"
  )
).pipe(Schema.brand("ArtifactPath"))
/** Path of a file in an artifact. */
export type ArtifactPath = typeof ArtifactPath.Type

/** An artifact that can't be deployed. `path` is the entry at fault as it was found, where there is one. */
export class ArtifactInvalid extends Schema.TaggedError<ArtifactInvalid>()("ArtifactInvalid", {
  reason: Schema.Literals(["missing", "empty", "path", "link", "special", "changed", "too-large", "malformed"]),
  path: Schema.NullOr(Schema.String),
  detail: Schema.String
}) {
  /** The detail, with the path in front. */
  override get message() {
    return this.path === null ? this.detail : `${this.path}: ${this.detail}`
  }
}

/** The place where artifacts are kept could not answer; trying again may help. */
export class ArtifactUnavailable extends Schema.TaggedError<ArtifactUnavailable>()("ArtifactUnavailable", {
  cause: Schema.Defect()
}) {
  /** Says what failed. */
  override get message() {
    return "The artifact could not be read"
  }
}

/** What reading an artifact may fail with. */
export type ArtifactError = ArtifactInvalid | ArtifactUnavailable

/** One file of an artifact. */
export interface ArtifactFile {
  readonly path: ArtifactPath
  /** Bytes. */
  readonly size: number
  /**
   * Of a file at this path of this artifact, text that is another whenever the bytes are: what was computed of them under
   * the same text still holds. Absent where the store can't tell.
   */
  readonly revision?: string
  /**
   * The file's bytes, read anew each time it is run: exactly `size` of them, else it fails with `ArtifactInvalid`
   * (`missing` where the file is gone, `changed` where its size is another).
   */
  readonly content: Stream.Stream<Uint8Array, ArtifactError>
}

/** Reads the files that a build has made. */
export class ArtifactStore extends Context.Service<
  ArtifactStore,
  {
    /**
     * The files of the artifact, in order of path by code point.
     *
     * - An unknown locator fails with `missing`, an artifact without a file with `empty`.
     * - An entry that leaves its folder (`..`, an absolute path) fails with `path`, a symbolic link with `link`, a device,
     *   socket or pipe with `special`; `path` names the entry. Nothing is left out in silence.
     * - Contents are not read: a site of many large files costs no memory here.
     */
    readonly files: (artifact: ArtifactLocator) => Effect.Effect<ReadonlyArray<ArtifactFile>, ArtifactError>
  }
>()("@deploys/core/ArtifactStore") {}
