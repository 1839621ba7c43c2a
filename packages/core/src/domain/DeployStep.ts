import { Schema } from "effect"
import { Outcome } from "./Deploy.ts"
import { DeployId, StepId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * How far a step has come.
 *
 * `cancelled`: stopped, or never reached, since its deploy ended. `discarded`: it could not be stopped, ended after its
 * deploy did, and its result was dropped.
 */
export const StepStatus = Schema.Literals(["pending", "running", "completed", "failed", "cancelled", "discarded"])
/** How far a step has come. */
export type StepStatus = typeof StepStatus.Type

/** What a cancel does to a step at work: stop its fiber, or let it finish and drop the result. */
export const CancellationMode = Schema.Literals(["interrupt", "discard"])
/** What a cancel does to a step at work. */
export type CancellationMode = typeof CancellationMode.Type

/** One step of a deploy as callers see it. */
export const DeployStep = Schema.Struct({
  id: StepId,
  deployId: DeployId,
  /** Place in the plan, from 0. */
  index: Schema.Natural,
  name: Schema.String,
  status: StepStatus,
  /** The attempt that is or was last at work, from 1; 0 until the step starts. */
  attempt: Schema.Natural,
  error: Schema.NullOr(Schema.String),
  output: Schema.NullOr(Schema.Json),
  startedAt: Schema.NullOr(Timestamp),
  completedAt: Schema.NullOr(Timestamp)
}).annotate({ identifier: "DeployStep" })
/** One step of a deploy as callers see it. */
export interface DeployStep extends Schema.Schema.Type<typeof DeployStep> {}

/** What a plan says of a step before it runs, kept on its row so that any node can cancel and settle it. */
export const StepDeclaration = Schema.Struct({
  name: Schema.NonEmptyString.check(Schema.isMaxLength(100)),
  cancellation: CancellationMode,
  /** Whether something must be undone when the deploy fails after this step has started. */
  undoable: Schema.Boolean
})
/** What a plan says of a step before it runs. */
export interface StepDeclaration extends Schema.Schema.Type<typeof StepDeclaration> {}

/** A step's row as the runner sees it. */
export const StepRecord = Schema.Struct({
  ...DeployStep.fields,
  ...StepDeclaration.fields,
  /** How often the step was started, crashes included; `attempt` counts only what the retry schedule allowed. */
  starts: Schema.Natural,
  /** What undoing this step came to; null until it was tried. */
  compensated: Schema.NullOr(Outcome)
})
/** A step's row as the runner sees it. */
export interface StepRecord extends Schema.Schema.Type<typeof StepRecord> {}

/** The rows that a claim makes of a plan's steps, with these ids: none has begun. */
export const pendingSteps = (
  deployId: DeployId,
  steps: ReadonlyArray<StepDeclaration>,
  ids: ReadonlyArray<StepId>
): ReadonlyArray<StepRecord> =>
  ids.flatMap((id, index): ReadonlyArray<StepRecord> => {
    const declaration = steps[index]
    if (declaration === undefined) return []
    const { cancellation, name, undoable } = declaration
    return [
      {
        id,
        deployId,
        index,
        name,
        status: "pending",
        attempt: 0,
        error: null,
        output: null,
        startedAt: null,
        completedAt: null,
        cancellation,
        undoable,
        starts: 0,
        compensated: null
      }
    ]
  })
