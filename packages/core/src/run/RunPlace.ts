import { type Effect, identity } from "effect"

/** The place of a deploy among those that may be at work at once. Whoever has deploys run keeps count of them. */
export interface RunPlace {
  /** Runs the work once there is a place for it, and holds the place until the work ends. */
  readonly inside: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Runs the write by which a deploy completes: its steps are over, so that the next one can be looked for meanwhile. */
  readonly leaving: <A, E, R>(write: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** A place that nobody counts. */
export const uncounted: RunPlace = { inside: identity, leaving: identity }
