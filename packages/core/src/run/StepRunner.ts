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
import { sleepWithin, startLimit, type TimeLimit, within } from "./TimeLimit.ts"

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
  /** What the step has to keep to beside its own limits. */
  readonly limit: TimeLimit<E>
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

const isStepError = (value: unknown): value is StepError => value instanceof StepError

/** The limits of an attempt: its step's, its deploy's and its own. */
type AttemptLimits<E> = readonly [TimeLimit<StepFailed>, TimeLimit<E>, TimeLimit<StepError>]

/**
 * An attempt of a `discard` step runs beside the fiber that waits for it. When it is over its limit, its end is waited for
 * all the same, within the limit of the step, and what it made is undone: the next one never begins beside it.
 */
const discardAttempt = Effect.fnUntraced(function* <E>(
  step: Step<unknown>,
  context: RunContext,
  hooks: StepHooks<E>,
  limits: AttemptLimits<E>
) {
  const adopted = context.attempt === hooks.attempt ? hooks.adopted : undefined
  const attempt = contained(step.run(context)).pipe(attemptSpan(step.name, context.attempt))
  const begun =
    adopted === undefined ? Effect.forkIn(attempt, hooks.scope, { startImmediately: true }) : Effect.succeed(adopted)
  // What the attempt does as it begins may already lead to an interruption: it is known of all the same.
  const fiber = yield* begun.pipe(
    Effect.tap((fiber) => Effect.sync(() => hooks.onInFlight({ attempt: context.attempt, fiber }))),
    Effect.uninterruptible
  )
  const output = Effect.map(Fiber.await(fiber), Exit.getSuccess)
  const undone = Effect.flatMap(output, (made) => reconcile(step, context, made))
  const [stepLimit, deployLimit] = limits
  return yield* yield* Fiber.await(fiber).pipe(
    within<StepFailed | E | StepError>(...limits),
    Effect.catchIf(isStepError, (late) =>
      Effect.andThen(within<StepFailed | E>(stepLimit, deployLimit)(undone), Effect.fail(late))
    )
  )
})

const interruptAttempt = <E>(step: Step<unknown>, context: RunContext, limits: AttemptLimits<E>) =>
  contained(step.run(context)).pipe(
    within<StepFailed | E | StepError>(...limits),
    attemptSpan(step.name, context.attempt)
  )

/**
 * Runs a step until it returns or has failed for good: attempts, waits and time limits. It knows no store; what is to be
 * recorded goes through the hooks, and no limit cuts that short. Interrupting it stops an `interrupt` step and lets an
 * attempt of a `discard` step go on by itself.
 */
export const runStep = Effect.fnUntraced(function* <E>(
  step: Step<unknown>,
  hooks: StepHooks<E>
): Effect.fn.Return<StepResult, StepFailed | E> {
  let attempt = hooks.attempt
  let decide: Effect.Success<ReturnType<typeof retryDecision>> | undefined
  const stepLimit = yield* startLimit(
    Duration.toMillis(step.timeout),
    Effect.suspend(() => new StepFailed({ attempt, error: overLimit(`Step ${step.name}`, step.timeout) }))
  )
  while (true) {
    yield* hooks.onStart(attempt)
    const context = hooks.context(attempt)
    const attemptLimit = yield* startLimit(
      Duration.toMillis(step.attemptTimeout),
      Effect.suspend(() => overLimit(`Attempt ${attempt} of step ${step.name}`, step.attemptTimeout))
    )
    const limits = [stepLimit, hooks.limit, attemptLimit] as const
    const work =
      step.cancellation === "discard"
        ? discardAttempt(step, context, hooks, limits)
        : interruptAttempt(step, context, limits)
    const result = yield* Effect.catchIf(work, isStepError, Effect.succeed)
    if (!isStepError(result)) return { attempt, output: result }
    decide ??= yield* retryDecision(step, attempt)
    const delay = result.retryable ? yield* decide(result) : Option.none<number>()
    if (Option.isNone(delay)) return yield* new StepFailed({ attempt, error: result })
    const delayMillis = Math.max(delay.value, result.retryAfterMillis ?? 0)
    yield* hooks.onRetry(attempt, result, delayMillis)
    yield* sleepWithin<StepFailed | E>(delayMillis, stepLimit, hooks.limit)
    attempt += 1
  }
})
