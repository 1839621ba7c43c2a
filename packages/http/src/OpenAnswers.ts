import { Context, Effect, Layer, type Scope } from "effect"
import { Problems } from "./api/index.ts"
import { HttpLimits } from "./HttpLimits.ts"

/** Seconds after which a place may have become free. */
const retryAfterSeconds = 5

/** Counts the answers that stay open, so that nobody takes all places. */
export class OpenAnswers extends Context.Service<
  OpenAnswers,
  {
    /** Takes a place until the scope ends. */
    readonly hold: (caller: string) => Effect.Effect<void, Problems.TooManyRequests | Problems.Unavailable, Scope.Scope>
  }
>()("@deploys/http/OpenAnswers") {
  /** One count for all that are built together. */
  static readonly layer = Layer.effect(
    OpenAnswers,
    Effect.map(HttpLimits, (limits) => {
      const held = new Map<string, number>()
      let all = 0

      const release = (caller: string) => {
        const left = (held.get(caller) ?? 1) - 1
        if (left === 0) held.delete(caller)
        else held.set(caller, left)
        all -= 1
      }

      const take = (caller: string): Effect.Effect<void, Problems.TooManyRequests | Problems.Unavailable> => {
        const mine = held.get(caller) ?? 0
        if (mine >= limits.openPerCaller) {
          const detail = `The caller has ${mine} open answers, and may have no more`
          return Effect.fail(new Problems.TooManyRequests({ detail, retryAfterSeconds }))
        }
        if (all >= limits.open) return Effect.fail(new Problems.Unavailable({ detail: "Too many answers are open" }))
        held.set(caller, mine + 1)
        all += 1
        return Effect.void
      }

      return OpenAnswers.of({
        hold: (caller) =>
          Effect.acquireRelease(
            Effect.suspend(() => take(caller)),
            () => Effect.sync(() => release(caller))
          )
      })
    })
  )
}
