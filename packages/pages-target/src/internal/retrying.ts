import { Context, Duration, Effect, Schedule } from "effect"
import type { PagesSettings } from "../PagesConfig.ts"
import type { PagesError } from "../PagesError.ts"

/** Told of each call that is going to be tried again. Steps write it into the events of their deploy. */
export const RetryNotice = Context.Reference<(message: string) => Effect.Effect<void>>(
  "@deploys/pages-target/RetryNotice",
  { defaultValue: () => () => Effect.void }
)

/** Tries a call again that may be repeated: after doubling waits, and never before Cloudflare wants it. */
export const retrying =
  (settings: Pick<PagesSettings, "retries" | "retryEvery">) =>
  <A, E, R>(call: Effect.Effect<A, E | PagesError, R>, isPagesError: (error: E | PagesError) => error is PagesError) =>
    Effect.retry(call, {
      while: (error) => isPagesError(error) && error.retryable,
      schedule: Schedule.exponential(settings.retryEvery).pipe(
        Schedule.jittered,
        Schedule.upTo({ times: settings.retries }),
        Schedule.setInputType<E | PagesError>(),
        Schedule.modifyDelay(({ duration, input }) => {
          const least = isPagesError(input) ? (input.retryAfterMillis ?? 0) : 0
          return Effect.succeed(Duration.max(duration, Duration.millis(least)))
        }),
        Schedule.tap(({ duration, input }) =>
          isPagesError(input) && input.retryable
            ? Effect.flatMap(RetryNotice, (notice) => notice(`${input.message}; again in ${Duration.format(duration)}`))
            : Effect.void
        )
      )
    })
