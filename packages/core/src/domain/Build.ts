import { Schema } from "effect"
import { BuildId, VersionId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/** Where the files of a build are, in the words of the host's `ArtifactStore`. */
export const ArtifactLocator = Schema.NonEmptyString.pipe(Schema.brand("ArtifactLocator"))
/** Where the files of a build are, in the words of the host's `ArtifactStore`. */
export type ArtifactLocator = typeof ArtifactLocator.Type

/** How far a build has come. Only a `completed` one can be deployed. */
export const BuildStatus = Schema.Literals(["queued", "running", "completed", "failed"])
/** How far a build has come. */
export type BuildStatus = typeof BuildStatus.Type

/** The result of building one commit of a version: what a deploy puts live. */
export const Build = Schema.Struct({
  id: BuildId,
  versionId: VersionId,
  status: BuildStatus,
  artifact: Schema.NullOr(ArtifactLocator),
  branch: Schema.NullOr(Schema.String),
  commitSha: Schema.NullOr(Schema.String),
  commitMessage: Schema.NullOr(Schema.String),
  error: Schema.NullOr(Schema.String),
  createdAt: Timestamp,
  completedAt: Schema.NullOr(Timestamp)
}).annotate({ identifier: "Build" })
/** The result of building one commit of a version: what a deploy puts live. */
export interface Build extends Schema.Schema.Type<typeof Build> {}
