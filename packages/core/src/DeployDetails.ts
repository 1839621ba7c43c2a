import { Schema, Struct } from "effect"
import { Deploy, isFinal } from "./domain/Deploy.ts"
import { DeployStep } from "./domain/DeployStep.ts"
import { Waiting } from "./domain/Lane.ts"
import type { DeployRecord } from "./ports/DeployStore.ts"

/** A deploy with its steps, and what can be done with it now. */
export const DeployDetails = Schema.Struct({
  ...Deploy.fields,
  steps: Schema.Array(DeployStep),
  canCancel: Schema.Boolean,
  canRollback: Schema.Boolean,
  /** While it is pending. */
  waiting: Schema.NullOr(Waiting)
}).annotate({ identifier: "DeployDetails" })
/** A deploy with its steps, and what can be done with it now. */
export interface DeployDetails extends Schema.Schema.Type<typeof DeployDetails> {}

/** Drops what only runners see of the steps. */
export const detailsOf = ({ deploy, steps }: DeployRecord, waiting: Waiting | null): DeployDetails => ({
  ...deploy,
  steps: steps.map((step) => Struct.omit(step, ["cancellation", "undoable", "starts", "compensated"])),
  canCancel: !isFinal(deploy.status),
  canRollback: deploy.status === "completed",
  waiting
})
