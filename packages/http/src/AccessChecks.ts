import { AccessPolicy, type Principal } from "@deploys/core"
import { Effect, Option, RcMap, type Redacted } from "effect"
import { heartbeat } from "./EventStream.ts"

type Found = Option.Option<Principal>

/**
 * Looks again, at every heartbeat, whose a token is for which an answer is open: once, however many answers that are.
 *
 * A check that fails, or takes longer than a heartbeat, ends nothing: the next one counts.
 */
export const makeAccessChecks = Effect.gen(function* () {
  const access = yield* AccessPolicy
  const checks = yield* RcMap.make({
    lookup: Effect.fnUntraced(function* (token: Redacted.Redacted) {
      const answers = new Set<(found: Found) => void>()
      const check = access.authenticate(token).pipe(
        Effect.timeout(heartbeat),
        Effect.map((found) => answers.forEach((tell) => tell(found))),
        Effect.catchCause((cause) => Effect.logWarning("It could not be checked whether a stream may go on", cause))
      )
      yield* Effect.forkScoped(Effect.forever(Effect.delay(check, heartbeat)))
      return answers
    })
  })

  /** Completes once the token is nobody's, or its principal is no longer one that `may`. */
  return Effect.fnUntraced(function* (token: Redacted.Redacted, may: (principal: Principal) => boolean) {
    const answers = yield* RcMap.get(checks, token)
    yield* Effect.callback<void>((resume) => {
      const tell = (found: Found) => {
        if (!Option.exists(found, may)) resume(Effect.void)
      }
      answers.add(tell)
      return Effect.sync(() => answers.delete(tell))
    })
  }, Effect.scoped)
})
