import { type DeployId, type FeedEvent, isLastEvent } from "@deploys/core"
import { Effect, Ref, Schedule, Schema, Stream } from "effect"
import { HttpClientError } from "effect/http"
import { ApiClient } from "./ApiClient.ts"
import { callFailure, isOutage } from "./callFailure.ts"
import type { CliFailure } from "./CliFailure.ts"

/** The stream ended before the deploy did: the server stopped, or the line broke. */
class StreamLost extends Schema.TaggedError<StreamLost>()("StreamLost", {}) {
  /** What a person is told when it did not come back. */
  get detail() {
    return "The server ended the events of the deploy before their end"
  }
}

/** A body that breaks off half-way is told as one that can't be decoded. */
const isLost = (error: { readonly _tag: string }) =>
  error._tag === "StreamLost" ||
  isOutage(error) ||
  (HttpClientError.isHttpClientError(error) && error.reason._tag === "DecodeError")

/** Quickly at first, for a server that restarts; then for about two minutes. It starts anew once events come again. */
const comeBack = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("3 seconds")]).pipe(
  Schedule.upTo({ times: 45 })
)

/**
 * The events of a deploy up to its last one. A stream that breaks is taken up again behind the last event that came, so that
 * none is missed or comes twice; `lost` is run each time.
 */
export const followDeploy = (
  id: DeployId,
  lost: Effect.Effect<void>
): Stream.Stream<FeedEvent, CliFailure, ApiClient> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { api, url } = yield* ApiClient
      const last = yield* Ref.make(0)
      const connect = Effect.flatMap(Ref.get(last), (sequence) =>
        api.deploys.events({ params: { id }, headers: sequence === 0 ? {} : { "last-event-id": sequence } })
      )
      const note = (event: FeedEvent) => ("sequence" in event ? Ref.set(last, event.sequence) : Effect.void)
      return Stream.unwrap(connect).pipe(
        Stream.map(({ data }) => data),
        Stream.tap(note),
        Stream.concat(Stream.fail(new StreamLost())),
        Stream.takeUntil(isLastEvent),
        Stream.tapError((error) => (isLost(error) ? lost : Effect.void)),
        Stream.mapError((error) => ({ lost: isLost(error), failure: callFailure(url)(error) })),
        Stream.retry(
          Schedule.while(comeBack, ({ input }: { readonly input: { readonly lost: boolean } }) => input.lost)
        ),
        Stream.mapError(({ failure }) => failure)
      )
    })
  )
