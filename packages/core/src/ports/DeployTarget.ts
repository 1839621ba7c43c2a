import { Context, type Effect, Schema } from "effect"
import type { ArtifactLocator, Build } from "../domain/Build.ts"
import type { Deploy } from "../domain/Deploy.ts"
import type { Entity } from "../domain/Entity.ts"
import type { Plan } from "../plan/Plan.ts"

/** The target can't take this deploy, whatever is tried: the deploy fails as `target_rejected`. */
export class TargetRejected extends Schema.TaggedError<TargetRejected>()("TargetRejected", {
  message: Schema.String
}) {}

/** What is to be put live. */
export interface TargetRequest {
  readonly deploy: Deploy
  readonly build: Build
  readonly artifact: ArtifactLocator
  readonly entity: Entity
}

/** A place that serves what is deployed to it. */
export class DeployTarget extends Context.Service<
  DeployTarget,
  {
    /**
     * The steps that put this deploy live.
     *
     * - Making a plan changes nothing and reads little: it is made anew after a crash, and by any node.
     * - For one deploy the names of the steps, their order and their cancellation modes are always the same.
     * - When all steps have completed, production serves exactly the files of the artifact, and the preview address
     *   serves them also after later deploys.
     * - Steps may be repeated: a step run again under the same idempotency key, after any part of it was done, ends as if
     *   it had run once.
     * - After its compensations have run in reverse order, production serves what it served before the plan.
     */
    readonly plan: (request: TargetRequest) => Effect.Effect<Plan, TargetRejected>
  }
>()("@deploys/core/DeployTarget") {}
