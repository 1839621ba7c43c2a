import { Schema } from "effect"

/** An archive that can't become a build. `entry` is the name at fault as it stands in the archive, where there is one. */
export class ArchiveInvalid extends Schema.TaggedError<ArchiveInvalid>()("ArchiveInvalid", {
  reason: Schema.Literals(["malformed", "empty", "path", "link", "special", "duplicate", "too-large", "stalled"]),
  entry: Schema.NullOr(Schema.String),
  detail: Schema.String
}) {
  /** The detail, with the entry in front. */
  override get message() {
    return this.entry === null ? this.detail : `${JSON.stringify(this.entry)} ${this.detail}`
  }
}
