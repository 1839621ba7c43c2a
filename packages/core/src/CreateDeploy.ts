import { Effect, Schema } from "effect"
import { engineMetadataKeys } from "./domain/Deploy.ts"
import { InvalidInput } from "./domain/DeployError.ts"
import { BuildId, EntityId } from "./domain/Id.ts"
import { inputFaults } from "./domain/InputFaults.ts"
import { StorableJson } from "./domain/StorableJson.ts"

const maxMetadataBytes = 16 * 1024

const HostMetadata = Schema.Record(Schema.String, StorableJson).check(
  Schema.makeFilter((metadata) =>
    engineMetadataKeys
      .filter((key) => Object.hasOwn(metadata, key))
      .map((key) => ({
        path: [key],
        issue: "is written by the engine alone"
      }))
  ),
  Schema.makeFilter(
    (metadata) =>
      new TextEncoder().encode(JSON.stringify(metadata)).length <= maxMetadataBytes || "at most 16 KiB as JSON"
  )
)

/** What to deploy: a build, or an app's latest completed build; exactly one of the two. */
export const CreateDeploy = Schema.Struct({
  /** A completed build. */
  buildId: Schema.optionalKey(BuildId),
  /** An app: the latest completed build of its default version is taken. */
  appId: Schema.optionalKey(EntityId),
  /** The host's own notes, at most 16 KiB as JSON; the keys that the engine writes are refused. */
  metadata: Schema.optionalKey(HostMetadata)
}).check(
  Schema.makeFilter(
    ({ appId, buildId }) =>
      (appId === undefined) !== (buildId === undefined) || {
        path: ["buildId"],
        issue: "exactly one of buildId and appId is needed"
      }
  )
)
/** What to deploy. */
export interface CreateDeploy extends Schema.Schema.Type<typeof CreateDeploy> {}

const decode = Schema.decodeUnknownEffect(CreateDeploy, { errors: "all", onExcessProperty: "error" })

/** The request, checked, or all its faults at once. */
export const decodeCreateDeploy = (request: unknown): Effect.Effect<CreateDeploy, InvalidInput> =>
  Effect.mapError(decode(request), ({ issue }) => new InvalidInput({ faults: inputFaults(issue) }))
