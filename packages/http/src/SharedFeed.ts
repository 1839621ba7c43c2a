import { Deferred, Effect, Exit, Latch, Queue, Stream } from "effect"
import { type EncodedEvent, makeRecentEvents } from "./RecentEvents.ts"

/** Events that are read ahead of the fastest reader. */
const ahead = 64

/** How long events gather before they are sent on: each reader is written to at most once in this time. */
const tick = "25 millis"

type Read<E> = (after: number) => Stream.Stream<EncodedEvent, E>

/** Ends where a reader was told to end: the exit goes the way of the events, so that it comes behind them. */
const withExit = <E>(events: Stream.Stream<EncodedEvent, E>) =>
  events.pipe(
    Stream.concat(Stream.succeed<EncodedEvent | Exit.Exit<void, E>>(Exit.void)),
    Stream.catchCause((cause) => Stream.succeed<EncodedEvent | Exit.Exit<void, E>>(Exit.failCause(cause)))
  )

/**
 * The feed of one deploy, read and encoded once for all its readers here, for as long as the scope lives.
 *
 * It is read as fast as the fastest reader reads. A reader that falls behind costs nothing: what it lacks is read from the
 * store again, at its own pace.
 */
export const makeSharedFeed = Effect.fnUntraced(function* <E>(read: Read<E>) {
  const begun = yield* Deferred.make<number>()
  const wanted = Latch.makeUnsafe()
  let recent: ReturnType<typeof makeRecentEvents> | undefined
  let exit: Exit.Exit<void, E> | undefined
  let changed = Latch.makeUnsafe()

  const tell = () => {
    const told = changed
    changed = Latch.makeUnsafe()
    told.openUnsafe()
  }

  /** The first reader says from where on. */
  const begin = (after: number) => {
    if (recent === undefined) Deferred.doneUnsafe(begun, Effect.succeed(after))
    recent ??= makeRecentEvents(after)
    return recent
  }

  const pump = Effect.gen(function* () {
    const after = yield* Deferred.await(begun)
    const events = yield* Stream.toQueue(withExit(read(after)), { capacity: ahead })
    while (exit === undefined) {
      yield* wanted.await
      wanted.closeUnsafe()
      yield* Queue.peek(events)
      yield* Effect.sleep(tick)
      const taken = yield* Queue.takeAll(events)
      begin(after).add(taken.flatMap((item) => ("bytes" in item ? [item] : [])))
      exit = taken.flatMap((item) => ("bytes" in item ? [] : [item]))[0]
      tell()
    }
  })
  yield* Effect.forkScoped(Effect.scoped(pump))

  return {
    /** Whether it has broken: another one has to be made. */
    isBroken: () => exit !== undefined && Exit.isFailure(exit),
    /** What comes behind the event `after`, no longer than until `end` completes. */
    reader: (after: number, end: Effect.Effect<void> = Effect.never) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const reader = { after, left: false }
          // All wake and look: waiting for two things at once would take each reader a third more memory.
          const leave = Effect.sync(() => {
            reader.left = true
            tell()
          })
          yield* Effect.forkScoped(Effect.andThen(end, leave))
          return readerOf({ begin, exit: () => exit, changed: () => changed, wanted, read }, reader)
        })
      )
  }
})

interface Hub<E> {
  readonly begin: (after: number) => ReturnType<typeof makeRecentEvents>
  readonly exit: () => Exit.Exit<void, E> | undefined
  readonly changed: () => Latch.Latch
  readonly wanted: Latch.Latch
  readonly read: Read<E>
}

interface Reader {
  readonly after: number
  /** Whether it is to be told no more. */
  readonly left: boolean
}

/** Takes turns: what is shared as long as that has all, else what the reader lacks, from the store. */
const readerOf = <E>(hub: Hub<E>, reader: Reader): Stream.Stream<Uint8Array, E> =>
  Stream.suspend(() => {
    const recent = hub.begin(reader.after)
    let sequence = reader.after
    let over = false

    /** None: nothing is left to come, or something before it is gone. */
    const next = (position: number): Effect.Effect<readonly [Uint8Array, number] | undefined, E> => {
      if (reader.left || recent.isGone(position)) return Effect.undefined
      const owed = recent.from(position)
      if (owed !== undefined) {
        sequence = Math.max(sequence, owed.sequence)
        return Effect.succeed([owed.bytes, owed.position])
      }
      const exit = hub.exit()
      over = exit !== undefined
      if (exit !== undefined) return Effect.as(exit, undefined)
      hub.wanted.openUnsafe()
      return Effect.andThen(
        hub.changed().await,
        Effect.suspend(() => next(position))
      )
    }

    const ended = Stream.fromEffectDrain(
      Effect.sync(() => {
        over = sequence < recent.base()
      })
    )
    const missing = () =>
      hub.read(sequence).pipe(
        Stream.takeWhile(() => !reader.left),
        Stream.takeUntil((event) => {
          sequence = event.sequence ?? sequence
          return sequence >= recent.base()
        }),
        Stream.map(({ bytes }) => bytes),
        Stream.concat(ended)
      )

    const turn = Effect.sync(() => {
      const position = recent.positionAfter(sequence)
      return position === undefined ? missing() : Stream.unfold(position, next)
    })
    return Stream.fromEffectRepeat(turn).pipe(
      Stream.takeWhile(() => !over && !reader.left),
      Stream.flatMap((events) => events)
    )
  })
