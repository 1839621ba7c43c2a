import { Clock, Effect } from "effect"

/** A time limit that is running. */
export interface TimeLimit<out E> {
  /** How much of it is left at this monotonic time, in milliseconds. */
  readonly left: (nanos: bigint) => number
  /** How that which reaches it ends. */
  readonly over: Effect.Effect<never, E>
}

/** A limit of so many milliseconds from now. */
export const startLimit = <E>(millis: number, over: Effect.Effect<never, E>): Effect.Effect<TimeLimit<E>> =>
  Effect.map(Clock.monotonicTimeNanos, (since) => ({
    left: (nanos) => millis - Number(nanos - since) / 1_000_000,
    over
  }))

type Limits<E> = readonly [TimeLimit<E>, ...ReadonlyArray<TimeLimit<E>>]

/** What is left of the limit that comes first; of equal ones that is the first given. */
const nearest = <E>([first, ...others]: Limits<E>) =>
  Effect.map(Clock.monotonicTimeNanos, (now) => {
    const start = { left: first.left(now), over: first.over }
    return others.reduce((least, { left, over }) => (left(now) < least.left ? { left: left(now), over } : least), start)
  })

/** Ends work at the limit that comes first. Where one has been reached already, nothing is begun. */
export const within =
  <L>(...limits: Limits<L>) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E | L, R> =>
    Effect.flatMap(nearest(limits), ({ left, over }) =>
      left <= 0 ? over : Effect.timeoutOrElse(work, { duration: left, orElse: () => over })
    )

/** Waits for so many milliseconds, or up to a limit that comes no later. */
export const sleepWithin = <L>(millis: number, ...limits: Limits<L>): Effect.Effect<void, L> =>
  Effect.flatMap(nearest(limits), ({ left, over }) =>
    left <= millis ? Effect.andThen(Effect.sleep(left), over) : Effect.sleep(millis)
  )
