import { type Duration, Effect, Option, Schedule, Schema } from "effect"
import type { Deploy, Outcome } from "../domain/Deploy.ts"
import type { DeployMove } from "../domain/DeployMove.ts"
import { StorableJson } from "../domain/StorableJson.ts"
import type { CancellationMode, StepDeclaration } from "../domain/DeployStep.ts"

/** Why a step did not do its work. */
export class StepError extends Schema.TaggedError<StepError>()("StepError", {
  message: Schema.String,
  /** What the deploy fails with when the step is not tried again. */
  code: Schema.Literals(["step_failed", "target_rejected", "artifact_invalid"]).pipe(
    Schema.withConstructorDefault(Effect.succeed("step_failed" as const))
  ),
  /** Whether the step's retry schedule is asked at all. */
  retryable: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(true))),
  /** The least time to wait before the next attempt, in milliseconds, where the target has asked for one. */
  retryAfterMillis: Schema.optionalKey(Schema.Finite)
}) {}

/** How far a step has come; `total` is null while the whole is not known. */
export interface Progress {
  readonly done: number
  readonly total: number | null
  /** What is counted, such as `files` or `bytes`. */
  readonly unit: string
}

/** What undoing came to: nothing is left of the step, production serves the earlier deploy again, or neither is certain. */
export type Undone = Extract<Outcome, "discarded" | "reverted" | "unresolved">

/** What a step gets to work with. */
export interface StepContext {
  readonly deploy: Deploy
  /** The same for every attempt and every run of this step of this deploy, so that a target can tell a repetition. */
  readonly idempotencyKey: string
  /** What an earlier step of the plan returned. A step that has not completed is a defect. */
  readonly outputOf: <A>(step: Step<A>) => Effect.Effect<A>
  /** Adds a line to the deploy's events; over 8 KiB it is cut, with a mark. */
  readonly log: (message: string, level?: LogLevel) => Effect.Effect<void>
}

/** The level of a line in a deploy's events. */
export type LogLevel = Extract<DeployMove, { readonly _tag: "Logged" }>["level"]

/** What a step's effect gets besides. */
export interface RunContext extends StepContext {
  /** Counts from 1. A run that a crash ended is started again under the same number. */
  readonly attempt: number
  /**
   * Counts every start of this step, from 1: above it, an earlier attempt, or a process that is gone or has lost its claim,
   * may have done any part of the work.
   */
  readonly starts: number
  /** Tells those who watch how far the step has come. Never stored. */
  readonly progress: (progress: Progress) => Effect.Effect<void>
}

/** What a compensation or a `discarded` handler gets besides. */
export interface UndoContext<A> extends StepContext {
  /** What the step returned; none if it was stopped, failed, or its result was lost in a crash. */
  readonly output: Option.Option<A>
}

/** How to make a step. */
export interface StepOptions<A> {
  /** Unique in its plan, and stable between versions of the host: stored steps are known by it. At most 100 characters. */
  readonly name: string
  /** What the step returns. It is stored, and decoded for later steps and after a crash. */
  readonly output: Schema.Codec<A, unknown>
  /** The work. It runs at least once: a crash makes it run again. */
  readonly run: (context: RunContext) => Effect.Effect<A, StepError>
  /** When to try again after a `retryable` error. Default: three times, after 250 ms, 500 ms and 1 s, jittered. */
  readonly retry?: Schedule.Schedule<unknown, StepError>
  /**
   * Time limit of one attempt. Default: 5 minutes. One that can't be stopped is then waited for within the limit of the
   * step, and what it made is undone before the next begins: an attempt that may hang needs a limit of its own.
   */
  readonly attemptTimeout?: Duration.Input
  /** Time limit of all attempts and the waits between them, and of undoing the step. Default: 15 minutes. */
  readonly timeout?: Duration.Input
  /** What a cancel does while the step is at work. Default: `interrupt`. */
  readonly cancellation?: CancellationMode
  /**
   * Undoes the step when the deploy fails after the step has started, also if it was stopped half-way. Run in the reverse
   * order of the plan, at least once.
   */
  readonly compensation?: (context: UndoContext<A>) => Effect.Effect<Undone, StepError>
  /** With `discard`: undoes what a step made that ended after its deploy did. Default: the compensation. */
  readonly discarded?: (context: UndoContext<A>) => Effect.Effect<Undone, StepError>
  /** The deploy's own address, where this step makes it. */
  readonly previewUrl?: (output: A) => string
  /** The entity's address, where this step makes the deploy live. */
  readonly productionUrl?: (output: A) => string
}

/**
 * One step of a plan. Its type parameter is what it returns; everything else about the output is hidden behind the stored
 * form, so that plans can hold steps of all kinds.
 */
export interface Step<out A> extends StepDeclaration {
  readonly retry: Schedule.Schedule<unknown, StepError>
  readonly attemptTimeout: Duration.Input
  readonly timeout: Duration.Input
  /** The step's work; answers with the stored form of its output. */
  readonly run: (context: RunContext) => Effect.Effect<Schema.Json, StepError>
  /** Undoes the step, given the stored form of its output. */
  readonly undo: (
    reason: "compensation" | "discarded",
    context: StepContext,
    output: Option.Option<Schema.Json>
  ) => Effect.Effect<Undone, StepError>
  /** Output from its stored form. One that doesn't fit is a `StepError` that is not retryable. */
  readonly decode: (stored: Schema.Json) => Effect.Effect<A, StepError>
  /** Addresses that an output in its stored form gives. */
  readonly addresses: (
    stored: Schema.Json
  ) => Effect.Effect<{ readonly previewUrl: string | null; readonly productionUrl: string | null }, StepError>
}

const storable = Schema.decodeEffect(StorableJson)

const defaultRetry = Schedule.exponential("250 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

/** Makes a step. */
export const makeStep = <A>(options: StepOptions<A>): Step<A> => {
  const codec = Schema.toCodecJson(options.output)
  const misfit = (verb: string) => (error: Schema.SchemaError) =>
    new StepError({
      message: `The output of step ${options.name} can't be ${verb}: ${error.message}`,
      retryable: false
    })
  const encode = (output: A) =>
    Effect.mapError(Effect.flatMap(Schema.encodeEffect(codec)(output), storable), misfit("stored"))
  const decode = (stored: Schema.Json) => Effect.mapError(Schema.decodeEffect(codec)(stored), misfit("read"))
  const { compensation, discarded = compensation } = options
  return {
    name: options.name,
    cancellation: options.cancellation ?? "interrupt",
    undoable: discarded !== undefined || compensation !== undefined,
    retry: options.retry ?? defaultRetry,
    attemptTimeout: options.attemptTimeout ?? "5 minutes",
    timeout: options.timeout ?? "15 minutes",
    decode,
    run: (context) => Effect.flatMap(options.run(context), encode),
    undo: Effect.fnUntraced(function* (reason, context, stored) {
      const handler = reason === "discarded" ? discarded : compensation
      if (handler === undefined) return "discarded"
      const output = Option.isNone(stored) ? Option.none<A>() : Option.some(yield* decode(stored.value))
      return yield* handler({ ...context, output })
    }),
    addresses: (stored) =>
      Effect.map(decode(stored), (output) => ({
        previewUrl: options.previewUrl?.(output) ?? null,
        productionUrl: options.productionUrl?.(output) ?? null
      }))
  }
}
