import { DeployId, IdGenerator, type StoreChange } from "@deploys/core"
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, PubSub, Queue, Schedule, Schema, Stream } from "effect"
import { ownConnection } from "./internal/ownConnection.ts"

/** Hints that a slow listener may fall behind by; the oldest are then dropped, as hints may be. */
const backlog = 4096

const channel = "deploys_changes"

/** PostgreSQL takes 8,000 bytes in a notification; a hint takes about 50. */
const hintsOfOne = 128

/** How long hints gather before they go to the other nodes, in one notification. */
const gathering = "20 millis"

/** What goes to the other nodes: who sends it, and of each deploy what changed. */
const Notification = Schema.fromJsonString(
  Schema.Struct({
    from: Schema.String,
    hints: Schema.Array(Schema.Tuple([DeployId, Schema.Literals(["ready", "cancelled", "events"])]))
  })
)
const encode = Schema.encodeEffect(Notification)
const decode = Schema.decodeUnknownEffect(Notification)

const hub = Effect.acquireRelease(PubSub.sliding<StoreChange>(backlog), PubSub.shutdown)

/** Each hint once: a reader looks at everything that is new, however often it was told. */
const once = (changes: ReadonlyArray<StoreChange>) => [
  ...new Map(changes.map((change) => [`${change.deployId} ${change.kind}`, change])).values()
]

/** Carries the store's changes to those who wait for them. */
export class Wakeups extends Context.Service<
  Wakeups,
  {
    /** Tells everybody who listens. Never waits. */
    readonly publish: (changes: ReadonlyArray<StoreChange>) => Effect.Effect<void>
    /** Changes published from the moment when the stream is started. */
    readonly changes: Stream.Stream<StoreChange>
  }
>()("@deploys/sql-store/Wakeups") {
  /** Within this process. */
  static readonly layer = Layer.effect(
    Wakeups,
    Effect.map(hub, (local) =>
      Wakeups.of({
        publish: (changes) => Effect.asVoid(PubSub.publishAll(local, changes)),
        changes: Stream.fromPubSub(local)
      })
    )
  )

  /**
   * Within this process at once, and to the other nodes on the same PostgreSQL by its notifications.
   *
   * Notifications go by a statement of their own after the commit, those of 20 ms in one: inside a transaction they would
   * make all commits of the server wait for each other. A connection that is lost is made anew; what was told meanwhile
   * is lost, which hints may be.
   */
  static readonly layerPostgres = Layer.effect(
    Wakeups,
    Effect.gen(function* () {
      const pg = yield* PgClient.PgClient
      const listener = yield* ownConnection
      const local = yield* hub
      const outgoing = yield* Queue.sliding<StoreChange>(backlog)
      const from = yield* (yield* IdGenerator).next("node")

      const send = Effect.gen(function* () {
        const changes = once(yield* Queue.takeAll(outgoing))
        for (let first = 0; first < changes.length; first += hintsOfOne) {
          const hints = changes.slice(first, first + hintsOfOne).map(({ deployId, kind }) => [deployId, kind] as const)
          yield* pg.notify(channel, yield* encode({ from, hints }))
        }
        yield* Effect.sleep(gathering)
      })

      const receive = Effect.fnUntraced(function* (payload: string) {
        const notification = yield* decode(payload)
        if (notification.from === from) return
        yield* PubSub.publishAll(
          local,
          notification.hints.map(([deployId, kind]) => ({ deployId, kind }))
        )
      })

      const listen = Effect.scoped(
        Effect.flatMap(listener.listen(channel), (payloads) =>
          Stream.runForEach(Stream.fromQueue(payloads), ({ payload }) => Effect.ignore(receive(payload)))
        )
      )

      const again = Schedule.spaced("1 second")
      yield* Effect.forkScoped(Effect.forever(Effect.retry(send, again)))
      yield* Effect.forkScoped(Effect.repeat(Effect.retry(listen, again), again))
      return Wakeups.of({
        publish: (changes) =>
          Effect.andThen(PubSub.publishAll(local, changes), Effect.asVoid(Queue.offerAll(outgoing, changes))),
        changes: Stream.fromPubSub(local)
      })
    })
  )
}
