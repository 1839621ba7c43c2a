import { Context, Effect } from "effect"

/**
 * Completes when what serves the request is about to end, so that answers without an end of their own end then. Default:
 * never.
 */
export const Draining = Context.Reference<Effect.Effect<void>>("@deploys/http/Draining", {
  defaultValue: () => Effect.never
})
