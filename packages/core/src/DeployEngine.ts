import { Context, type Effect, Schema, type Stream } from "effect"
import { type Cancellation, Deploy } from "./domain/Deploy.ts"
import type {
  BuildNotDeployable,
  DeployFinished,
  Forbidden,
  InvalidInput,
  NoDeployableBuild,
  NotFound,
  StoreError
} from "./domain/DeployError.ts"
import type { FeedEvent } from "./domain/DeployEvent.ts"
import { DeployStep } from "./domain/DeployStep.ts"
import { BuildId, type DeployId, EntityId } from "./domain/Id.ts"
import type { Principal } from "./domain/Principal.ts"
import type { ListOptions } from "./list/ListOptions.ts"
import type { Page } from "./list/Page.ts"

/** What to deploy: a build, or an app's latest completed build; exactly one of the two. */
export const CreateDeploy = Schema.Struct({
  /** A completed build. */
  buildId: Schema.optionalKey(BuildId),
  /** An app: the latest completed build of its default version is taken. */
  appId: Schema.optionalKey(EntityId),
  /** The host's own notes, at most 16 KiB as JSON; the keys that the engine writes are refused. */
  metadata: Schema.optionalKey(Schema.JsonObject)
})
/** What to deploy. */
export interface CreateDeploy extends Schema.Schema.Type<typeof CreateDeploy> {}

/** A deploy with its steps, and what can be done with it now. */
export const DeployDetails = Schema.Struct({
  ...Deploy.fields,
  steps: Schema.Array(DeployStep),
  canCancel: Schema.Boolean,
  canRollback: Schema.Boolean
})
/** A deploy with its steps, and what can be done with it now. */
export interface DeployDetails extends Schema.Schema.Type<typeof DeployDetails> {}

/** The use cases: what a host calls. Every call is made for a principal and sees what that principal may see. */
export class DeployEngine extends Context.Service<
  DeployEngine,
  {
    /** Creates a deploy and wakes the runner; answers once it is stored. */
    readonly create: (
      principal: Principal,
      request: CreateDeploy
    ) => Effect.Effect<
      Deploy,
      InvalidInput | NotFound | Forbidden | BuildNotDeployable | NoDeployableBuild | StoreError
    >

    /** A deploy with its steps. */
    readonly get: (principal: Principal, id: DeployId) => Effect.Effect<DeployDetails, NotFound | StoreError>

    /** A page of deploys, by default the newest 100. */
    readonly list: (principal: Principal, options: ListOptions) => Effect.Effect<Page, InvalidInput | StoreError>

    /** Ends a deploy for good: once answered, it will never be completed. */
    readonly cancel: (
      principal: Principal,
      id: DeployId,
      options?: { readonly reason?: string }
    ) => Effect.Effect<Cancellation, NotFound | Forbidden | DeployFinished | StoreError>

    /**
     * The deploy's feed from behind the event with the number `after` (default 0: from the start), live once it has caught
     * up. It ends behind the last event that there will be.
     */
    readonly events: (
      principal: Principal,
      id: DeployId,
      options?: { readonly after?: number }
    ) => Stream.Stream<FeedEvent, NotFound | StoreError>
  }
>()("@deploys/core/DeployEngine") {}
