import { type FeedEvent } from "@deploys/core"
import { type Cause, Effect, Schema, Stream } from "effect"
import { Sse } from "effect/encoding"
import { HttpServerResponse } from "effect/http"
import { DeploySse } from "./api/index.ts"
import { Draining } from "./Draining.ts"
import type { EncodedEvent } from "./RecentEvents.ts"

/** How an event goes over the wire. Progress has no number: a reader never resumes behind it. */
const toSse = (event: FeedEvent): DeploySse => ({
  ...("sequence" in event ? { id: String(event.sequence) } : {}),
  event: event.type,
  data: event
})

const encodeSse = Schema.encodeEffect(DeploySse)
const utf8 = new TextEncoder()

const encode = Effect.fnUntraced(function* (event: FeedEvent): Effect.fn.Return<EncodedEvent> {
  const { data, event: type, id } = yield* Effect.orDie(encodeSse(toSse(event)))
  const bytes = utf8.encode(Sse.encoder.write({ _tag: "Event", event: type, id, data }))
  return { bytes, sequence: "sequence" in event ? event.sequence : undefined }
})

/** A comment, which readers pass over. */
const comment: EncodedEvent = { bytes: utf8.encode(":\n\n"), sequence: undefined }

/** How often an open stream has a comment sent, and its caller's access looked at again. */
export const heartbeat = "15 seconds"

const heartbeats = Stream.tick(heartbeat).pipe(
  Stream.drop(1),
  Stream.map(() => comment)
)

/** A feed as server-sent events, with a comment every 15 seconds. It ends with the feed, or when `draining` completes. */
export const encodedEvents = <E>(feed: Stream.Stream<FeedEvent, E>, draining: Effect.Effect<void>) =>
  feed.pipe(
    Stream.mapEffect(encode),
    Stream.merge(heartbeats, { haltStrategy: "left" }),
    Stream.interruptWhen(draining)
  )

/**
 * An answer that goes on as long as the stream, with a comment at once.
 *
 * A stream that breaks is logged and ends before its final event: readers then come back with `Last-Event-ID`.
 */
export const respond = Effect.fnUntraced(function* <E>(stream: Stream.Stream<Uint8Array, E>) {
  // The server reads the stream when the request is behind it: what is logged is to bear its id all the same.
  const request = yield* Effect.context<never>()
  const log = (cause: Cause.Cause<E>) =>
    Effect.provideContext(Effect.logError("The feed of a deploy broke", cause), request)
  const bytes = stream.pipe(
    Stream.catchCause((cause) => Stream.fromEffectDrain(log(cause))),
    // Headers go out with the first bytes: a reader is to know at once that it is connected.
    Stream.prepend([comment.bytes])
  )
  const headers = { "x-accel-buffering": "no" }
  return HttpServerResponse.stream(bytes, { contentType: "text/event-stream", headers })
})

/** Answers with a feed that is read and encoded for this one reader. It ends with the feed, or when `Draining` says so. */
export const toResponse = Effect.fnUntraced(function* <E>(feed: Stream.Stream<FeedEvent, E>) {
  return yield* respond(Stream.map(encodedEvents(feed, yield* Draining), ({ bytes }) => bytes))
})
