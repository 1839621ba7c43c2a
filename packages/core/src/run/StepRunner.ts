import {
  Cause,
  Clock,
  Data,
  Duration,
  Effect,
  Exit,
  Fiber,
  Option,
  Pull,
  Schedule,
  type Schema,
  type Scope
} from "effect"
import { attemptSpan, undoSpan } from "./DeploySpans.ts"
import { type RunContext, type Step, StepError } from "../plan/Step.ts"

/** What a step returned, in its stored form, and in which attempt. */
export interface StepResult {
  readonly attempt: number
  readonly output: Schema.Json
}

/** A step has failed for good, in this attempt. */
export class StepFailed extends Data.TaggedError("StepFailed")<{
  readonly attempt: number
  readonly error: StepError
}> {
  override get message() {
    return this.error.message
  }
}

/** The last attempt of a step that can't be stopped. It lives on when its step is given up. */
export interface InFlight {
  readonly attempt: number
  readonly fiber: Fiber.Fiber<Schema.Json, StepError>
}

/** Whether any of these attempts is still at work. */
export const isAnyAtWork = (attempts: Iterable<InFlight>): boolean =>
  [...attempts].some(({ fiber }) => fiber.pollUnsafe() === undefined)

/** What the runner of a deploy does about a step, and what it gives to it. */
export interface StepHooks<E> {
  /** The attempt to begin with: above 1 where a crash ended a later one. */
  readonly attempt: number
  readonly context: (attempt: number) => RunContext
  /** Runs before an attempt begins, and must have recorded it when it ends. */
  readonly onStart: (attempt: number) => Effect.Effect<void, E>
  /** Runs before the wait for the next attempt. */
  readonly onRetry: (attempt: number, error: StepError, delayMillis: number) => Effect.Effect<void, E>
  /** Where attempts of a `discard` step live. */
  readonly scope: Scope.Scope
  /** Such an attempt that an earlier claim left at work: it is waited for instead of beginning another beside it. */
  readonly adopted: InFlight["fiber"] | undefined
  /** Told of each such attempt as it begins. */
  readonly onInFlight: (begun: InFlight) => void
}

const overLimit = (what: string, limit: Duration.Input) =>
  new StepError({ message: `${what} took longer than ${Duration.format(Duration.fromInputUnsafe(limit))}` })

/** Whatever ends an attempt, a defect too, as a value or a `StepError`. */
const contained = <A>(work: Effect.Effect<A, StepError>): Effect.Effect<A, StepError> =>
  Effect.catchCause(work, (cause) => {
    const error = Cause.findErrorOption(cause)
    if (Option.isSome(error)) return Effect.fail(error.value)
    const defect = cause.reasons.find(Cause.isDieReason)
    return defect === undefined
      ? Effect.fail(new StepError({ message: "The step interrupted itself" }))
      : Effect.fail(new StepError({ message: `Unexpected: ${describe(defect.defect)}` }))
  })

const describe = (defect: unknown) => (defect instanceof Error ? defect.message : String(defect))

/** The step's schedule, wound on past the attempts that were used before a crash. */
const retryDecision = Effect.fnUntraced(function* (step: Step<unknown>, used: number) {
  const decide = yield* Schedule.toStep(step.retry)
  const next = Effect.fnUntraced(function* (error: StepError) {
    const decision = decide(yield* Clock.currentTimeMillis, error)
    return yield* Pull.catchDone(
      Effect.map(decision, ([, delay]) => Option.some(Duration.toMillis(delay))),
      () => Effect.succeed(Option.none<number>())
    )
  })
  for (let attempt = 1; attempt < used; attempt++) yield* next(new StepError({ message: "an attempt before a crash" }))
  return next
})

/** Undoes what an attempt over its limit has made. While that fails the next attempt can't begin. */
const reconcile = (step: Step<unknown>, context: RunContext, output: Option.Option<Schema.Json>) =>
  contained(step.undo("discarded", context, output)).pipe(
    Effect.retry({ schedule: step.retry, while: (error) => error.retryable }),
    Effect.mapError(
      ({ message }) =>
        new StepError({ message: `Attempt ${context.attempt} can't be undone: ${message}`, retryable: false })
    ),
    undoSpan(step.name)
  )

/**
 * An attempt of a `discard` step runs beside the fiber that waits for it. When it is over its limit, its end is waited for
 * all the same, within the limit of the step, and what it made is undone: the next one never begins beside it.
 */
const discardAttempt = Effect.fnUntraced(function* <E>(step: Step<unknown>, context: RunContext, hooks: StepHooks<E>) {
  const adopted = context.attempt === hooks.attempt ? hooks.adopted : undefined
  const attempt = contained(step.run(context)).pipe(attemptSpan(step.name, context.attempt))
  const fiber = adopted ?? (yield* Effect.forkIn(attempt, hooks.scope, { startImmediately: true }))
  hooks.onInFlight({ attempt: context.attempt, fiber })
  const inTime = yield* Effect.timeoutOrElse(Effect.map(Fiber.await(fiber), Option.some), {
    duration: step.attemptTimeout,
    orElse: () => Effect.succeed(Option.none<Exit.Exit<Schema.Json, StepError>>())
  })
  if (Option.isSome(inTime)) return yield* inTime.value
  yield* reconcile(step, context, Exit.getSuccess(yield* Fiber.await(fiber)))
  return yield* overLimit(`Attempt ${context.attempt} of step ${step.name}`, step.attemptTimeout)
})

const interruptAttempt = (step: Step<unknown>, context: RunContext) =>
  contained(step.run(context)).pipe(
    Effect.timeoutOrElse({
      duration: step.attemptTimeout,
      orElse: () => Effect.fail(overLimit(`Attempt ${context.attempt} of step ${step.name}`, step.attemptTimeout))
    }),
    attemptSpan(step.name, context.attempt)
  )

/**
 * Runs a step until it returns or has failed for good: attempts, waits and time limits. It knows no store; what is to be
 * recorded goes through the hooks. Interrupting it stops an `interrupt` step and lets an attempt of a `discard` step go on
 * by itself.
 */
export const runStep = Effect.fnUntraced(function* <E>(
  step: Step<unknown>,
  hooks: StepHooks<E>
): Effect.fn.Return<StepResult, StepFailed | E> {
  let attempt = hooks.attempt
  const attempts = Effect.gen(function* (): Effect.fn.Return<StepResult, StepFailed | E> {
    const decide = yield* retryDecision(step, attempt)
    while (true) {
      yield* hooks.onStart(attempt)
      const context = hooks.context(attempt)
      const work =
        step.cancellation === "discard" ? discardAttempt(step, context, hooks) : interruptAttempt(step, context)
      const result = yield* Effect.result(work)
      if (result._tag === "Success") return { attempt, output: result.success }
      const delay = result.failure.retryable ? yield* decide(result.failure) : Option.none<number>()
      if (Option.isNone(delay)) return yield* new StepFailed({ attempt, error: result.failure })
      const delayMillis = Math.max(delay.value, result.failure.retryAfterMillis ?? 0)
      yield* hooks.onRetry(attempt, result.failure, delayMillis)
      yield* Effect.sleep(delayMillis)
      attempt += 1
    }
  })
  return yield* Effect.timeoutOrElse(attempts, {
    duration: step.timeout,
    orElse: () => Effect.suspend(() => new StepFailed({ attempt, error: overLimit(`Step ${step.name}`, step.timeout) }))
  })
})
