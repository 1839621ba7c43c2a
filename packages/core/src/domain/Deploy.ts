import { Schema } from "effect"
import { BuildId, DeployId, EntityId, SourceEventId, WorkspaceId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/** How far a deploy has come; `completed` and `failed` are final. */
export const DeployStatus = Schema.Literals(["pending", "running", "completed", "failed"])
/** How far a deploy has come; `completed` and `failed` are final. */
export type DeployStatus = typeof DeployStatus.Type

/** What asked for a deploy: a source event, a person or program, or a way back to an earlier deploy. */
export const DeployTrigger = Schema.Literals(["auto", "manual", "rollback"])
/** What asked for a deploy. */
export type DeployTrigger = typeof DeployTrigger.Type

/**
 * Why a deploy failed, set exactly when it did.
 *
 * `timed_out` is the deploy's own limit, wall time since it started; a step over its limit is `step_failed`.
 */
export const FailureCode = Schema.Literals([
  "cancelled",
  "superseded",
  "timed_out",
  "step_failed",
  "target_rejected",
  "artifact_invalid",
  "plan_changed"
])
/** Why a deploy failed, set exactly when it did. */
export type FailureCode = typeof FailureCode.Type

/**
 * What became of the work of a deploy that failed after it had started, in `metadata.outcome`.
 *
 * - `prevented`: nothing was in flight or made.
 * - `settling`: something still is.
 * - `discarded`: it ended, and its result was dropped or removed.
 * - `reverted`: it had gone live, and the earlier live deploy was put back.
 * - `unresolved`: it may still be served, since there was no earlier deploy to go back to or undoing failed.
 */
export const Outcome = Schema.Literals(["prevented", "settling", "discarded", "reverted", "unresolved"])
/** What became of the work of a deploy that failed after it had started. */
export type Outcome = typeof Outcome.Type

/** Who cancelled a deploy, when and why, in `metadata.cancellation`. */
export const Cancellation = Schema.Struct({ reason: Schema.NullOr(Schema.String), by: Schema.String, at: Timestamp })
/** Who cancelled a deploy, when and why. */
export interface Cancellation extends Schema.Schema.Type<typeof Cancellation> {}

/** Keys of `metadata` that the engine writes; a host's own metadata can't hold them. */
export const engineMetadataKeys: ReadonlyArray<string> = ["cancellation", "outcome", "supersededBy"]

/** Who acts: a principal's subject. Text of 1–200 characters. */
export const Subject = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200))

/** One attempt to put a build of an entity live. */
export const Deploy = Schema.Struct({
  id: DeployId,
  workspaceId: WorkspaceId,
  entityId: EntityId,
  /** 1, 2, 3 … for each entity, without gaps or repeats. */
  sequenceNumber: Schema.Int.check(Schema.isGreaterThan(0)),
  buildId: BuildId,
  status: DeployStatus,
  trigger: DeployTrigger,
  sourceEventId: Schema.NullOr(SourceEventId),
  /** The entity's address, set once this deploy has gone live. */
  productionUrl: Schema.NullOr(Schema.String),
  /** The address of this very deploy; it never changes. */
  previewUrl: Schema.NullOr(Schema.String),
  error: Schema.NullOr(Schema.String),
  metadata: Schema.JsonObject,
  createdBy: Subject,
  startedAt: Schema.NullOr(Timestamp),
  completedAt: Schema.NullOr(Timestamp),
  createdAt: Timestamp,
  failureCode: Schema.NullOr(FailureCode),
  /** Whether production serves this deploy. */
  isLive: Schema.Boolean
}).annotate({ identifier: "Deploy" })
/** One attempt to put a build of an entity live. */
export interface Deploy extends Schema.Schema.Type<typeof Deploy> {}

/** Whether the status has no successor. */
export const isFinal = (status: DeployStatus): boolean => status === "completed" || status === "failed"

/** Whether the deploy is final and nothing of it is left to settle: nothing about it will change, and no event follows. */
export const isOver = (deploy: Pick<Deploy, "status" | "metadata">): boolean =>
  isFinal(deploy.status) && deploy.metadata["outcome"] !== "settling"
