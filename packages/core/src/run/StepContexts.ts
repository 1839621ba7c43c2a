import { Effect, type Schema } from "effect"
import type { StepRecord } from "../domain/DeployStep.ts"
import { timestampNow } from "../domain/Timestamp.ts"
import type { RunContext, Step, StepContext } from "../plan/Step.ts"
import type { LiveEvents } from "./LiveEvents.ts"
import type { RunSession } from "./RunSession.ts"

/** Outputs of the steps that have completed, in their stored form, by name. */
export type Outputs = Map<string, Schema.Json>

/** What a step or its undoing gets to work with. */
export const stepContext = (session: RunSession, outputs: Outputs, step: Step<unknown>): StepContext => ({
  deploy: session.claim.deploy,
  idempotencyKey: `${session.claim.deploy.id}.${step.name}`,
  log: (message, level = "info") => session.log(message, level, step.name),
  outputOf: (earlier) => {
    const stored = outputs.get(earlier.name)
    return stored === undefined
      ? Effect.die(new Error(`Step ${step.name} asked for the output of ${earlier.name}, which has not completed`))
      : Effect.orDie(earlier.decode(stored))
  }
})

/** What a step's effect gets to work with, given the hub that carries its progress. */
export const runContext =
  (live: LiveEvents["Service"], base: StepContext, step: StepRecord) =>
  (attempt: number): RunContext => ({
    ...base,
    attempt,
    starts: step.starts + 1 + attempt - Math.max(1, step.attempt),
    progress: (progress) =>
      Effect.flatMap(timestampNow, (at) =>
        live.publish({
          type: "progress",
          deployId: base.deploy.id,
          at,
          data: { index: step.index, name: step.name, ...progress }
        })
      )
  })
