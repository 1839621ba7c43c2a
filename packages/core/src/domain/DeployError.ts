import { Schema } from "effect"
import { BuildStatus } from "./Build.ts"
import { DeployStatus, FailureCode } from "./Deploy.ts"
import { BuildId, DeployId, EntityId, WorkspaceId } from "./Id.ts"
import { Right } from "./Principal.ts"

/** Nothing of this kind and id exists, or the caller may not see it: the two are never told apart. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  resource: Schema.Literals(["workspace", "app", "build", "sourceEvent", "deploy", "token"]),
  id: Schema.String
}) {
  /** Names what was looked for. */
  override get message() {
    return `There is no ${this.resource} ${this.id}`
  }
}

/** The caller sees the workspace but lacks the right. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", {
  right: Right,
  workspaceId: Schema.NullOr(WorkspaceId)
}) {
  /** Names the right that is missing. */
  override get message() {
    return `The right "${this.right}" is missing in ${this.workspaceId === null ? "some workspace" : this.workspaceId}`
  }
}

/** A build that can't be deployed: it has not completed, or it has no artifact. */
export class BuildNotDeployable extends Schema.TaggedError<BuildNotDeployable>()("BuildNotDeployable", {
  buildId: BuildId,
  status: BuildStatus,
  error: Schema.NullOr(Schema.String)
}) {
  /** Says how far the build has come, and why it failed. */
  override get message() {
    return this.status === "completed"
      ? `Build ${this.buildId} has no artifact`
      : `Build ${this.buildId} is ${this.status}${this.error === null ? "" : `: ${this.error}`}`
  }
}

/** An app whose default version has no completed build. */
export class NoDeployableBuild extends Schema.TaggedError<NoDeployableBuild>()("NoDeployableBuild", {
  entityId: EntityId
}) {
  /** Names the app. */
  override get message() {
    return `App ${this.entityId} has no completed build in its default version`
  }
}

/** A deploy that is over and can't be cancelled any more. */
export class DeployFinished extends Schema.TaggedError<DeployFinished>()("DeployFinished", {
  deployId: DeployId,
  status: DeployStatus,
  failureCode: Schema.NullOr(FailureCode)
}) {
  /** Says how it ended. */
  override get message() {
    return `Deploy ${this.deployId} is over: ${this.status}${this.failureCode === null ? "" : ` (${this.failureCode})`}`
  }
}

/** A deploy that did not complete, so that there is nothing to go back to. */
export class DeployNotCompleted extends Schema.TaggedError<DeployNotCompleted>()("DeployNotCompleted", {
  deployId: DeployId,
  status: DeployStatus,
  failureCode: Schema.NullOr(FailureCode)
}) {
  /** Says how far it has come. */
  override get message() {
    return `Deploy ${this.deployId} has not completed: ${this.status}${this.failureCode === null ? "" : ` (${this.failureCode})`}`
  }
}

/** An idempotency key that the caller has used for another request in the last 24 hours. */
export class IdempotencyKeyReused extends Schema.TaggedError<IdempotencyKeyReused>()("IdempotencyKeyReused", {
  key: Schema.String
}) {
  /** Names the key. */
  override get message() {
    return `The idempotency key ${this.key} belongs to another request`
  }
}

/** One fault of an input. */
export const InputFault = Schema.Struct({
  /** JSON pointer (RFC 6901) that starts with the parameter or field, such as `/filter/AND/0/status/eq`. */
  path: Schema.String,
  code: Schema.String,
  message: Schema.String
})
/** One fault of an input. */
export interface InputFault extends Schema.Schema.Type<typeof InputFault> {}

/** Input that can't be taken, with all its faults at once. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  faults: Schema.NonEmptyArray(InputFault)
}) {
  /** The faults, each with its path. */
  override get message() {
    return this.faults.map((fault) => `${fault.path}: ${fault.message}`).join("; ")
  }
}

/**
 * The store could not answer.
 *
 * Whether a write landed is then unknown. Writes are idempotent under their own keys, so the same write may be sent again.
 */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {
  /** Names the operation. */
  override get message() {
    return `The store could not answer (${this.operation})`
  }
}

/** A list took longer than a store allows: the `cause` of its `StoreError`. The same list would again. */
export class ListTooSlow extends Schema.TaggedError<ListTooSlow>()("ListTooSlow", {
  limitMillis: Schema.Natural
}) {
  /** Says what to ask for instead. */
  override get message() {
    return `The list takes longer than ${this.limitMillis} ms: ask for an order that an index serves, for fewer rows by a filter, or for no total`
  }
}
