import { Effect, Tracer } from "effect"

/**
 * Gives what a run does at every step a span where there is a tracer. Without one nobody could see it, and making it would
 * take as long as much of the work. Unlike that of `Effect.fn` it has no stack trace.
 */
export const spanned =
  (name: string) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.tracer, (tracer) =>
      tracer === Tracer.nativeTracer ? work : Effect.withSpan(work, name, { captureStackTrace: false })
    )
