import { type FeedEvent } from "@deploys/core"
import { Effect, Stream } from "effect"
import { Sse } from "effect/encoding"
import { HttpServerResponse } from "effect/http"
import { DeploySse } from "./api/index.ts"
import { Draining } from "./Draining.ts"

/** How an event goes over the wire. Progress has no number: a reader never resumes behind it. */
const toSse = (event: FeedEvent): DeploySse => ({
  ...("sequence" in event ? { id: String(event.sequence) } : {}),
  event: event.type,
  data: event
})

/** A comment, which readers pass over. */
const comment = ":\n\n"

const heartbeats = Stream.tick("15 seconds").pipe(
  Stream.drop(1),
  Stream.map(() => comment)
)

/**
 * A feed as server-sent events, with a comment at once and every 15 seconds. It ends with the feed, or when `Draining` says
 * so.
 *
 * A feed that breaks is logged and ends the stream before its final event: readers then come back with `Last-Event-ID`.
 */
export const toResponse = Effect.fnUntraced(function* <E>(feed: Stream.Stream<FeedEvent, E>) {
  const bytes = feed.pipe(
    Stream.map(toSse),
    Stream.pipeThroughChannel(Sse.encodeSchema(DeploySse)),
    Stream.catchCause((cause) => Stream.fromEffectDrain(Effect.logError("The feed of a deploy broke", cause))),
    Stream.merge(heartbeats, { haltStrategy: "left" }),
    Stream.interruptWhen(yield* Draining),
    // Headers go out with the first bytes: a reader is to know at once that it is connected.
    Stream.prepend([comment]),
    Stream.encodeText,
    // The server reads the stream when the request is behind it: what is logged is to bear its id all the same.
    Stream.provideContext(yield* Effect.context<never>())
  )
  const headers = { "x-accel-buffering": "no" }
  return HttpServerResponse.stream(bytes, { contentType: "text/event-stream", headers })
})
