import { Schema } from "effect"

/** A TypeID's suffix: a UUIDv7 as 26 Crockford base32 characters in lower case; 128 bits leave the first at 0–7. */
const suffix = "[0-7][0-9a-hjkmnp-tv-z]{25}"

const typeId = (prefix: string) =>
  Schema.String.annotate({ examples: [`${prefix}_01m87n75yqfmja2b0ww6jktjf7`] }).check(
    Schema.isPattern(new RegExp(`^${prefix}_${suffix}$`, "u"), {
      expected: `an id such as ${prefix}_01j00000000000000000000000`
    })
  )

const hostId = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_.:-]{1,64}$/u, { expected: "1 to 64 letters, digits, `_`, `-`, `.` or `:`" })
)

/** Id of a deploy: a TypeID with the prefix `dep`. */
export const DeployId = typeId("dep").pipe(Schema.brand("DeployId"))
/** Id of a deploy: a TypeID with the prefix `dep`. */
export type DeployId = typeof DeployId.Type

/** Id of one step of one deploy: a TypeID with the prefix `stp`. */
export const StepId = typeId("stp").pipe(Schema.brand("StepId"))
/** Id of one step of one deploy: a TypeID with the prefix `stp`. */
export type StepId = typeof StepId.Type

/** Id of an API token (not the secret itself): a TypeID with the prefix `tok`. */
export const TokenId = typeId("tok").pipe(Schema.brand("TokenId"))
/** Id of an API token (not the secret itself): a TypeID with the prefix `tok`. */
export type TokenId = typeof TokenId.Type

/** Id of a workspace, chosen by the host: 1–64 letters, digits, `_ - . :`. */
export const WorkspaceId = hostId.pipe(Schema.brand("WorkspaceId"))
/** Id of a workspace, chosen by the host: 1–64 letters, digits, `_ - . :`. */
export type WorkspaceId = typeof WorkspaceId.Type

/** Id of an entity (an app, a function, …), chosen by the host. */
export const EntityId = hostId.pipe(Schema.brand("EntityId"))
/** Id of an entity (an app, a function, …), chosen by the host. */
export type EntityId = typeof EntityId.Type

/** Id of a version of an entity, chosen by the host. */
export const VersionId = hostId.pipe(Schema.brand("VersionId"))
/** Id of a version of an entity, chosen by the host. */
export type VersionId = typeof VersionId.Type

/** Id of a build, chosen by the host. */
export const BuildId = hostId.pipe(Schema.brand("BuildId"))
/** Id of a build, chosen by the host. */
export type BuildId = typeof BuildId.Type

/** Id of an event outside that caused a deploy, chosen by the host. */
export const SourceEventId = hostId.pipe(Schema.brand("SourceEventId"))
/** Id of an event outside that caused a deploy, chosen by the host. */
export type SourceEventId = typeof SourceEventId.Type
