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

/** What became of the attempt of a step that could not be stopped. */
interface Landing {
  /** What it returned, or the step where it had completed. */
  readonly output: Option.Option<StepRecord["output"]>
  /** Whether it is at work past the step's time limit: what it will do then, nobody undoes. */
  readonly isLate: boolean
}

const landing = Effect.fnUntraced(function* (
  step: Step<unknown> | undefined,
  fiber: InFlight["fiber"] | undefined
): Effect.fn.Return<Landing> {
  if (fiber === undefined) return { output: Option.none(), isLate: false }
  const limit = step?.timeout ?? 0
  yield* Effect.timeoutOrElse(Fiber.await(fiber), { duration: limit, orElse: () => Effect.void })
  const exit = fiber.pollUnsafe()
  return exit === undefined ? { output: Option.none(), isLate: true } : { output: Exit.getSuccess(exit), isLate: false }
})

const missingStep = new StepError({ message: "The step is no longer in the plan", retryable: false })

const late = new StepError({ message: "An attempt that can't be stopped was still at work after its time limit" })

/** Ends what was at work when the deploy failed. */
const land = Effect.fnUntraced(function* (input: DeployRunInput, record: StepRecord, step: Step<unknown> | undefined) {
  const landed = yield* landing(step, input.inFlight.get(record.index)?.fiber)
  if (record.status === "completed") return { ...landed, output: Option.some(record.output) }
  if (record.status !== "running") return landed
  const discarded = record.cancellation === "discard"
  yield* input.session.write({ _tag: discarded ? "StepDiscarded" : "StepCancelled", step: stepRef(record) })
  return landed
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
  const { isLate, output } = yield* land(input, record, step)
  if (record.compensated !== null) return record.compensated
  if (record.starts === 0 || !record.undoable) {
    if (isLate) return "unresolved"
    return record.status === "running" ? "discarded" : "prevented"
  }
  const undone = undo(input, record, step, output)
  const result = yield* Effect.result(isLate ? Effect.andThen(undone, Effect.fail(late)) : undone)
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
