import { Schema, Tuple } from "effect"
import { Deploy, DeployTrigger, FailureCode, Outcome } from "./Deploy.ts"
import { BuildId, DeployId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/** Who made a move: a principal's subject, or the name of a runner. */
export const Actor = Schema.NonEmptyString

const stepRef = { index: Schema.Natural, name: Schema.String }

const dataByType = {
  "deploy.created": {
    by: Actor,
    trigger: DeployTrigger,
    buildId: BuildId,
    sequenceNumber: Deploy.fields.sequenceNumber
  },
  "deploy.running": { by: Actor, epoch: Schema.Natural },
  "deploy.completed": { by: Actor, previewUrl: Deploy.fields.previewUrl, productionUrl: Deploy.fields.productionUrl },
  "deploy.failed": {
    by: Actor,
    failureCode: FailureCode,
    error: Schema.String,
    /** Whether nothing is left to undo; if not, exactly one `deploy.settled` follows. */
    settled: Schema.Boolean
  },
  "deploy.settled": { by: Actor, outcome: Outcome },
  "step.running": { ...stepRef, attempt: Schema.Natural },
  "step.completed": { ...stepRef, attempt: Schema.Natural },
  "step.failed": { ...stepRef, attempt: Schema.Natural, error: Schema.String },
  "step.retrying": { ...stepRef, attempt: Schema.Natural, error: Schema.String, delayMillis: Schema.Natural },
  "step.cancelled": stepRef,
  "step.discarded": stepRef,
  "step.compensated": { ...stepRef, outcome: Outcome, error: Schema.NullOr(Schema.String) },
  log: {
    level: Schema.Literals(["debug", "info", "warn", "error"]),
    message: Schema.String,
    step: Schema.NullOr(Schema.String)
  }
} as const satisfies Record<string, Schema.Struct.Fields>

/** The kind of a stored event. */
export type DeployEventType = keyof typeof dataByType

const variant = <T extends DeployEventType>(type: T) =>
  Schema.Struct({
    type: Schema.tag(type),
    data: Schema.Struct(dataByType[type])
  })

/** What an event says, before the store has given it a number and a time. */
export const EventContent = Schema.Union([
  variant("deploy.created"),
  variant("deploy.running"),
  variant("deploy.completed"),
  variant("deploy.failed"),
  variant("deploy.settled"),
  variant("step.running"),
  variant("step.completed"),
  variant("step.failed"),
  variant("step.retrying"),
  variant("step.cancelled"),
  variant("step.discarded"),
  variant("step.compensated"),
  variant("log")
])
/** What an event says, before the store has given it a number and a time. */
export type EventContent = typeof EventContent.Type

/**
 * One stored fact about a deploy, written in the same transaction as the change that it tells of.
 *
 * `sequence` counts 1, 2, 3 … for each deploy without gaps. Steps that a deploy never reached become `cancelled` with
 * its end and have no event of their own.
 */
export const DeployEvent = EventContent.mapMembers(
  Tuple.map(
    Schema.fieldsAssign({ deployId: DeployId, sequence: Schema.Int.check(Schema.isGreaterThan(0)), at: Timestamp })
  )
).annotate({ identifier: "DeployEvent" })
/** One stored fact about a deploy. */
export type DeployEvent = typeof DeployEvent.Type

/** How far a running step has come. Sent to those who watch, and never stored. */
export const ProgressEvent = Schema.Struct({
  type: Schema.tag("progress"),
  data: Schema.Struct({
    ...stepRef,
    done: Schema.Finite,
    /** `null` while the whole is not known. */
    total: Schema.NullOr(Schema.Finite),
    /** What `done` and `total` count, such as `files` or `bytes`. */
    unit: Schema.String
  }),
  deployId: DeployId,
  at: Timestamp
}).annotate({ identifier: "ProgressEvent" })
/** How far a running step has come. */
export interface ProgressEvent extends Schema.Schema.Type<typeof ProgressEvent> {}

/** What a reader of a deploy's feed gets: stored events in order, and live progress between them. */
export type FeedEvent = DeployEvent | ProgressEvent

/** Whether nothing follows this event: the deploy is final, and nothing is left to undo. */
export const isLastEvent = (event: FeedEvent): boolean =>
  event.type === "deploy.completed" ||
  event.type === "deploy.settled" ||
  (event.type === "deploy.failed" && event.data.settled)
