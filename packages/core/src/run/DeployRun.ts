import { Data, Duration, Effect, type Scope } from "effect"
import type { FailureCode } from "../domain/Deploy.ts"
import type { StepRecord } from "../domain/DeployStep.ts"
import { storableText } from "../domain/StorableJson.ts"
import type { Plan } from "../plan/Plan.ts"
import { type Step, StepError } from "../plan/Step.ts"
import { countEnd, countRetry } from "./DeployMetrics.ts"
import { stepSpan, tellEnd } from "./DeploySpans.ts"
import type { LiveEvents } from "./LiveEvents.ts"
import type { RunnerOptions } from "./RunnerOptions.ts"
import type { RunPlace } from "./RunPlace.ts"
import type { ClaimLost, RunSession } from "./RunSession.ts"
import { type Outputs, runContext, stepContext } from "./StepContexts.ts"
import { needsSettling, planMismatch, stepRef } from "./StepRecords.ts"
import { type InFlight, isAnyAtWork, runStep, StepFailed } from "./StepRunner.ts"
import { startLimit, type TimeLimit, within } from "./TimeLimit.ts"

/** Why a deploy fails. */
export interface Failure {
  readonly code: FailureCode
  readonly message: string
}

/** What running or settling a claimed deploy needs. */
export interface DeployRunInput {
  readonly session: RunSession
  /** The plan, or why there is none. */
  readonly plan: Plan | Failure
  readonly live: LiveEvents["Service"]
  readonly options: (typeof RunnerOptions)["Service"]
  /** Attempts that outlive the run, by the index of their step. */
  readonly inFlight: Map<number, InFlight>
  /** Where they live. */
  readonly scope: Scope.Scope
  /** Whether no further step is to begin. */
  readonly isDraining: () => boolean
  /** The place that the deploy takes up. */
  readonly place: RunPlace
}

/** Nothing is left to do, the deploy has to settle, or it stands between two steps since its runner is to stop. */
export type RunEnd = "over" | "settling" | "paused"

/** The deploy has taken longer than it may. */
class TimedOut extends Data.TaggedError("TimedOut") {}

interface Run extends DeployRunInput {
  readonly limit: TimeLimit<TimedOut>
  readonly outputs: Outputs
  /** The steps as stored when they were claimed, with what this run did to them since. */
  readonly steps: Array<StepRecord>
}

const end = (run: Run, how: FailureCode | "completed", message?: string) =>
  Effect.andThen(tellEnd(how, message), countEnd(run.session.claim.deploy, how))

const fail = Effect.fnUntraced(function* (run: Run, { code, message }: Failure): Effect.fn.Return<RunEnd, ClaimLost> {
  const stopped = run.steps.filter((step) => step.status === "running" && step.cancellation === "interrupt")
  const left = run.steps.map((step) => (stopped.includes(step) ? { ...step, status: "cancelled" as const } : step))
  const settled = !isAnyAtWork(run.inFlight.values()) && !needsSettling(left)
  yield* run.session.write(...stopped.map((step) => ({ _tag: "StepCancelled" as const, step: stepRef(step) })), {
    _tag: "Failed",
    failureCode: code,
    error: storableText(message),
    settled
  })
  yield* end(run, code, message)
  return settled ? "over" : "settling"
})

/** Changes a step as the move says that follows. */
const update = (run: Run, record: StepRecord, change: Partial<StepRecord>) =>
  Effect.sync(() => void (run.steps[record.index] = { ...record, ...run.steps[record.index], ...change }))

/** Whether the record's attempt has failed and the next one has not begun: a step at work has no error. */
const isBetweenAttempts = ({ error, status }: StepRecord) => status === "running" && error !== null

const attemptToBegin = (record: StepRecord) =>
  isBetweenAttempts(record) ? record.attempt + 1 : Math.max(1, record.attempt)

/** Whether the claim has written the start of this step. */
const isStarted = ({ session: { claim } }: Run, { index }: StepRecord) => claim.startedFirstStep && index === 0

/** The step as it was before the claim started it: nothing of it can be left from an earlier claim. */
const beforeClaim = (record: StepRecord): StepRecord => ({ ...record, status: "pending", attempt: 0, starts: 0 })

const runRecord = (run: Run, record: StepRecord, step: Step<unknown>) => {
  const attempt = attemptToBegin(record)
  const left = run.inFlight.get(record.index)
  return runStep<ClaimLost | TimedOut>(step, {
    attempt,
    limit: run.limit,
    context: runContext(run.live, stepContext(run.session, run.outputs, step), record),
    onStart: (attempt) =>
      attempt === 1 && isStarted(run, record)
        ? Effect.void
        : Effect.andThen(
            update(run, record, { status: "running", starts: record.starts + 1 }),
            run.session.write({ _tag: "StepStarted", step: stepRef(record), attempt })
          ),
    onRetry: (attempt, error, delayMillis) =>
      Effect.andThen(
        run.session.write({
          _tag: "StepRetrying",
          step: stepRef(record),
          attempt,
          error: storableText(error.message),
          delayMillis: Math.ceil(delayMillis)
        }),
        countRetry(record.name)
      ),
    scope: run.scope,
    adopted: left?.attempt === attempt ? left.fiber : undefined,
    onInFlight: (begun) => void run.inFlight.set(record.index, begun)
  }).pipe(stepSpan(record))
}

/** Starts of the present attempt: each earlier attempt ended once, and every other start ended in a crash. */
const startsOfAttempt = ({ attempt, starts }: StepRecord) => starts - Math.max(0, attempt - 1)

/** A step that takes its process down would be started for ever, by one node after the other. */
const refuseCrashing = (record: StepRecord, maxStarts: number) =>
  record.status === "running" && !isBetweenAttempts(record) && startsOfAttempt(record) >= maxStarts
    ? new StepFailed({
        attempt: Math.max(1, record.attempt),
        error: new StepError({
          message: `The step was started ${maxStarts} times, and each time its runner crashed or lost the deploy`
        })
      })
    : Effect.void

/** The result of a step, from the store or by running it, with the addresses that it gives. */
const resultOf = Effect.fnUntraced(function* (run: Run, record: StepRecord, step: Step<unknown>) {
  yield* refuseCrashing(record, run.options.maxStarts)
  const { attempt, output } = record.status === "completed" ? record : yield* runRecord(run, record, step)
  const addresses = yield* step.addresses(output).pipe(
    Effect.mapError((error) => new StepFailed({ attempt, error })),
    within(run.limit)
  )
  return { attempt, output, ...addresses }
})

const failStep = (run: Run, record: StepRecord, { attempt, error }: StepFailed) =>
  update(run, record, { status: "failed" }).pipe(
    Effect.andThen(
      run.session.defer({
        _tag: "StepFailed",
        step: stepRef(record),
        attempt,
        error: storableText(error.message)
      })
    ),
    Effect.andThen(fail(run, { code: error.code, message: `Step ${record.name} failed: ${error.message}` }))
  )

const walk = Effect.fnUntraced(function* (run: Run, plan: Plan): Effect.fn.Return<RunEnd, ClaimLost | TimedOut> {
  let previewUrl: string | null = null
  let productionUrl: string | null = null
  for (const stored of run.session.claim.steps) {
    const step = plan.steps.find((candidate) => candidate.name === stored.name)
    if (step === undefined) {
      run.outputs.set(stored.name, stored.output)
      continue
    }
    const record = isStarted(run, stored) ? beforeClaim(stored) : stored
    if (record === stored && record.status !== "completed" && run.isDraining())
      return yield* Effect.as(run.session.write(), "paused" as const)
    const result = yield* Effect.catchTag(resultOf(run, record, step), "StepFailed", Effect.succeed)
    if (result instanceof StepFailed) return yield* failStep(run, record, result)
    previewUrl = result.previewUrl ?? previewUrl
    productionUrl = result.productionUrl ?? productionUrl
    run.outputs.set(record.name, result.output)
    if (record.status === "completed") continue
    yield* update(run, record, { status: "completed" })
    yield* run.session.defer({ _tag: "StepCompleted", step: stepRef(record), ...result })
  }
  yield* run.place.leaving(run.session.write({ _tag: "Completed", previewUrl, productionUrl }))
  yield* end(run, "completed")
  return "over"
})

/** Runs a claimed deploy from its first step that has not completed to its end. */
export const runDeploy = Effect.fnUntraced(function* (input: DeployRunInput) {
  const { options, plan, session } = input
  const limit = Duration.fromInputUnsafe(options.deployTimeout)
  // The store has counted so far and this process goes on from there: their clocks need not agree.
  const left = Duration.toMillis(limit) - session.claim.elapsedMillis
  const run: Run = {
    ...input,
    limit: yield* startLimit(
      left,
      Effect.suspend(() => new TimedOut())
    ),
    outputs: new Map(),
    steps: [...session.claim.steps]
  }
  if ("code" in plan) return yield* fail(run, plan)
  const mismatch = planMismatch(run.steps, plan.steps)
  if (mismatch !== null) return yield* fail(run, { code: "plan_changed", message: mismatch })
  const walked = left > 0 ? walk(run, plan) : new TimedOut()
  return yield* Effect.catchTag(walked, "TimedOut", () =>
    fail(run, { code: "timed_out", message: `The deploy took longer than ${Duration.format(limit)}` })
  )
})
