import { Effect, Exit, Fiber, Option } from "effect"
import type { Outcome } from "../domain/Deploy.ts"
import type { StepRecord } from "../domain/DeployStep.ts"
import { storableText } from "../domain/StorableJson.ts"
import { type Step, StepError } from "../plan/Step.ts"
import type { DeployRunInput } from "./DeployRun.ts"
import { tellOutcome, undoSpan } from "./DeploySpans.ts"
import { stepContext } from "./StepContexts.ts"
import { stepRef } from "./StepRecords.ts"
import type { InFlight } from "./StepRunner.ts"

/** From the least to the most that there is to say: the outcome of a deploy is the greatest of its steps. */
const ranking: ReadonlyArray<Outcome> = ["prevented", "discarded", "reverted", "unresolved"]

const greatest = (outcomes: ReadonlyArray<Outcome>) =>
  ranking.findLast((outcome) => outcomes.includes(outcome)) ?? "discarded"

/** What an attempt that could not be stopped returned, if it lands within the step's time limit. */
const landing = (step: Step<unknown>, fiber: InFlight | undefined) =>
  fiber === undefined
    ? Effect.succeed(Option.none())
    : Effect.map(Fiber.await(fiber), Exit.getSuccess).pipe(
        Effect.timeoutOrElse({ duration: step.timeout, orElse: () => Effect.succeed(Option.none()) })
      )

const missingStep = new StepError({ message: "The step is no longer in the plan", retryable: false })

/** Ends what was at work when the deploy failed, and answers with its output where there is one. */
const land = Effect.fnUntraced(function* (input: DeployRunInput, record: StepRecord, step: Step<unknown> | undefined) {
  const fiber = input.inFlight.get(record.index)
  const output = step === undefined ? Option.none() : yield* landing(step, fiber)
  if (record.status !== "running") return record.status === "completed" ? Option.some(record.output) : output
  const discarded = record.cancellation === "discard"
  yield* input.session.write({ _tag: discarded ? "StepDiscarded" : "StepCancelled", step: stepRef(record) })
  return output
})

const undo = (
  input: DeployRunInput,
  record: StepRecord,
  step: Step<unknown> | undefined,
  output: Option.Option<StepRecord["output"]>
) => {
  if (step === undefined) return Effect.fail(missingStep)
  const outputs = new Map(
    input.session.claim.steps.flatMap((other) =>
      other.status === "completed" ? [[other.name, other.output] as const] : []
    )
  )
  const inTime = record.cancellation === "discard" && (record.status === "running" || record.status === "discarded")
  return step.undo(inTime ? "discarded" : "compensation", stepContext(input.session, outputs, step), output).pipe(
    Effect.catchDefect((defect) => Effect.fail(new StepError({ message: `Unexpected: ${String(defect)}` }))),
    Effect.retry({ schedule: step.retry, while: (error) => error.retryable }),
    Effect.timeoutOrElse({
      duration: step.timeout,
      orElse: () => Effect.fail(new StepError({ message: "Undoing the step took too long" }))
    }),
    undoSpan(record.name)
  )
}

const settleStep = Effect.fnUntraced(function* (input: DeployRunInput, record: StepRecord) {
  const step = "steps" in input.plan ? input.plan.steps.find((candidate) => candidate.name === record.name) : undefined
  const output = yield* land(input, record, step)
  if (record.compensated !== null) return record.compensated
  if (record.starts === 0 || !record.undoable) return record.status === "running" ? "discarded" : "prevented"
  const result = yield* Effect.result(undo(input, record, step, output))
  const outcome = result._tag === "Success" ? result.success : "unresolved"
  const error = result._tag === "Success" ? null : storableText(result.failure.message)
  yield* input.session.write({ _tag: "StepCompensated", step: stepRef(record), outcome, error })
  return outcome
})

/**
 * Settles a deploy that has failed: waits for what could not be stopped, undoes the steps that had started in reverse
 * order, and records each undoing before the next. A crash resumes it behind the last record.
 */
export const settleDeploy = Effect.fnUntraced(function* (input: DeployRunInput) {
  const outcomes = yield* Effect.forEach(input.session.claim.steps.toReversed(), (record) => settleStep(input, record))
  const outcome = greatest(outcomes)
  yield* input.session.write({ _tag: "Settled", outcome })
  yield* tellOutcome(outcome)
  return "over" as const
})
