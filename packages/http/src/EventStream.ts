import { type FeedEvent } from "@deploys/core"
import { Effect, Stream } from "effect"
import { Sse } from "effect/encoding"
import { HttpServerResponse } from "effect/http"
import { DeploySse } from "./api/index.ts"

/** How an event goes over the wire. Progress has no number: a reader never resumes behind it. */
const toSse = (event: FeedEvent): DeploySse => ({
  ...("sequence" in event ? { id: String(event.sequence) } : {}),
  event: event.type,
  data: event
})

/** A comment, which readers pass over: sent at once, so that headers go out, and then so that nobody takes the line for dead. */
const heartbeats = Stream.map(Stream.tick("15 seconds"), () => ":\n\n")

/**
 * A feed as server-sent events. It ends with the feed.
 *
 * A feed that breaks is logged and ends the stream before its final event: readers then come back with `Last-Event-ID`.
 */
export const toResponse = <E>(feed: Stream.Stream<FeedEvent, E>): HttpServerResponse.HttpServerResponse => {
  const bytes = feed.pipe(
    Stream.map(toSse),
    Stream.pipeThroughChannel(Sse.encodeSchema(DeploySse)),
    Stream.catchCause((cause) => Stream.fromEffectDrain(Effect.logError("The feed of a deploy broke", cause))),
    Stream.merge(heartbeats, { haltStrategy: "left" }),
    Stream.encodeText
  )
  const headers = { "x-accel-buffering": "no" }
  return HttpServerResponse.stream(bytes, { contentType: "text/event-stream", headers })
}
