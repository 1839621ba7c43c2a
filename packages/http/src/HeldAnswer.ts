import { DeployEngine, type DeployId, type Principal } from "@deploys/core"
import { Effect } from "effect"
import { Draining } from "./Draining.ts"
import { waitOf } from "./Preference.ts"

/** Says in the answer which preference was heeded. */
export interface Applied {
  readonly "preference-applied"?: string
}

/**
 * Reads a deploy, where the caller prefers so only once it is final, or once the wait is over. Ends waiting when the server
 * is about to end, and with the request.
 */
export const heldAnswer = Effect.map(DeployEngine, (engine) =>
  Effect.fnUntraced(function* (principal: Principal, id: DeployId, prefer: string | undefined) {
    const seconds = waitOf(prefer)
    if (seconds === 0) return { details: yield* engine.get(principal, id), applied: {} satisfies Applied }
    const final = Effect.timeoutOption(engine.awaitFinal(principal, id), `${seconds} seconds`)
    yield* Effect.raceFirst(final, yield* Draining)
    const applied: Applied = { "preference-applied": `wait=${seconds}` }
    return { details: yield* engine.get(principal, id), applied }
  })
)
