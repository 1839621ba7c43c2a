import { DeployEngine, type DeployId, type Principal } from "@deploys/core"
import { Effect, Option } from "effect"
import { CurrentAccess } from "./api/index.ts"
import { failWithProblem } from "./CoreErrors.ts"
import { Draining } from "./Draining.ts"
import { OpenAnswers } from "./OpenAnswers.ts"
import { waitOf } from "./Preference.ts"

/** Says in the answer which preference was heeded. */
export interface Applied {
  readonly "preference-applied"?: string
}

/**
 * Reads a deploy, where the caller prefers so only once it is final, or once the wait is over: then for whoever the token
 * belongs to by then. Ends waiting when the server is about to end, and with the request. Where no place is free, nothing is
 * waited for: a preference can be passed over.
 */
export const heldAnswer = Effect.gen(function* () {
  const engine = yield* DeployEngine
  const open = yield* OpenAnswers

  const wait = Effect.fnUntraced(function* (principal: Principal, id: DeployId, seconds: number) {
    if (seconds === 0 || Option.isNone(yield* Effect.option(open.hold(principal.subject)))) return false
    const final = Effect.timeoutOption(engine.awaitFinal(principal, id), `${seconds} seconds`)
    yield* Effect.raceFirst(final, yield* Draining)
    return true
  }, Effect.scoped)

  return Effect.fnUntraced(function* (principal: Principal, id: DeployId, prefer: string | undefined) {
    const seconds = waitOf(prefer)
    const waited = yield* Effect.catch(wait(principal, id, seconds), failWithProblem)
    const applied: Applied = waited ? { "preference-applied": `wait=${seconds}` } : {}
    const reader = waited ? yield* (yield* CurrentAccess).principal : principal
    return { details: yield* Effect.catch(engine.get(reader, id), failWithProblem), applied }
  })
})
