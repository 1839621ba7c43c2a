import { Effect, Schema } from "effect"
import { engineMetadataKeys } from "./domain/Deploy.ts"
import { InvalidInput } from "./domain/DeployError.ts"
import { BuildId, EntityId, SourceEventId } from "./domain/Id.ts"
import { IdempotencyKey } from "./domain/Idempotency.ts"
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

const fields = {
  /** A completed build. */
  buildId: Schema.optionalKey(BuildId),
  /** An app: the latest completed build of its default version is taken. */
  appId: Schema.optionalKey(EntityId),
  /** The host's own notes, at most 16 KiB as JSON; the keys that the engine writes are refused. */
  metadata: Schema.optionalKey(HostMetadata)
}

const oneOfTwo = Schema.makeFilter(
  ({ appId, buildId }: { readonly appId?: EntityId; readonly buildId?: BuildId }) =>
    (appId === undefined) !== (buildId === undefined) || {
      path: ["buildId"],
      issue: "exactly one of buildId and appId is needed"
    },
  { toJsonSchema: () => ({ oneOf: [{ required: ["buildId"] }, { required: ["appId"] }] }) }
)

/** What to deploy: a build, or an app's latest completed build; exactly one of the two. */
export const CreateDeploy = Schema.Struct(fields).check(oneOfTwo).annotate({ identifier: "CreateDeploy" })
/** What to deploy. */
export interface CreateDeploy extends Schema.Schema.Type<typeof CreateDeploy> {}

/** What to deploy because of a source event, which is in the catalog and of the same workspace. */
export const DeployForEvent = Schema.Struct({ ...fields, sourceEventId: SourceEventId }).check(oneOfTwo)
/** What to deploy because of a source event. */
export interface DeployForEvent extends Schema.Schema.Type<typeof DeployForEvent> {}

/** How to ask for something so that asking again does nothing more. */
export const OnceOptions = Schema.Struct({
  /**
   * Names this request among those of the principal for 24 hours: until then the same request under the same key answers
   * with the deploy that it made, and another request under it is an `IdempotencyKeyReused`.
   */
  idempotencyKey: Schema.optionalKey(IdempotencyKey)
})
/** How to ask for something so that asking again does nothing more. */
export interface OnceOptions extends Schema.Schema.Type<typeof OnceOptions> {}

const decoder = <A, I>(schema: Schema.Codec<A, I>) => {
  const decode = Schema.decodeUnknownEffect(schema, { errors: "all", onExcessProperty: "error" })
  return (request: unknown): Effect.Effect<A, InvalidInput> =>
    Effect.mapError(decode(request), ({ issue }) => new InvalidInput({ faults: inputFaults(issue) }))
}

/** The request, checked, or all its faults at once. */
export const decodeCreateDeploy = decoder(CreateDeploy)

/** The request, checked, or all its faults at once. */
export const decodeDeployForEvent = decoder(DeployForEvent)

/** The options, checked. */
export const decodeOnceOptions = decoder(Schema.Struct({ idempotencyKey: IdempotencyKey }))
