import { channel } from "./statements/notify.ts"
import { DeployId, IdGenerator, type StoreChange } from "@deploys/core"
import { PgClient } from "@effect/sql-pg"
import { Array, Context, Effect, Layer, PubSub, Queue, Schedule, Schema, Stream } from "effect"
import { makeNeighbours, sayEvery } from "./internal/neighbours.ts"
import { ownConnection } from "./internal/ownConnection.ts"

/** Hints that a slow listener may fall behind by; the oldest are then dropped, as hints may be. */
const backlog = 4096

/** PostgreSQL takes 8,000 bytes in a notification; a hint takes about 50. */
const hintsOfOne = 128

/** How long hints gather before they go to the other nodes, in one notification. */
const gathering = "20 millis"

/**
 * What goes to the other nodes: who sends it, and of each deploy what changed. One that `greets` wants to know who is there,
 * and every node answers it with no hints.
 */
const Notification = Schema.fromJsonString(
  Schema.Struct({
    from: Schema.String,
    greets: Schema.optionalKey(Schema.Boolean),
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

const publishTo = (local: PubSub.PubSub<StoreChange>) => (changes: ReadonlyArray<StoreChange>) =>
  Effect.asVoid(PubSub.publishAll(local, changes))

/** Carries the store's changes to those who wait for them. */
export class Wakeups extends Context.Service<
  Wakeups,
  {
    /** Tells everybody who listens. Never waits. */
    readonly publish: (changes: ReadonlyArray<StoreChange>) => Effect.Effect<void>
    /** What a statement of our own may notify the other nodes of, so that those of this one alone are left to be told. */
    readonly notices: (changes: ReadonlyArray<StoreChange>) => Effect.Effect<ReadonlyArray<string>>
    /** Tells those who listen in this process. Never waits. */
    readonly publishHere: (changes: ReadonlyArray<StoreChange>) => Effect.Effect<void>
    /** Changes published from the moment when the stream is started. */
    readonly changes: Stream.Stream<StoreChange>
  }
>()("@deploys/sql-store/Wakeups") {
  /** Within this process. */
  static readonly layer = Layer.effect(
    Wakeups,
    Effect.map(hub, (local) => {
      const publish = publishTo(local)
      return Wakeups.of({
        publish,
        notices: () => Effect.succeed([]),
        publishHere: publish,
        changes: Stream.fromPubSub(local)
      })
    })
  )

  /**
   * Within this process at once, and to the other nodes on the same PostgreSQL by its notifications.
   *
   * A node that is alone notifies nobody, since every notification has the database wake this node's own connection. Nodes
   * greet when they begin to listen, and say now and then that they are there; one that can't listen does not take itself to
   * be alone.
   *
   * Moves and claims, of which each node has one statement under way, notify as they commit. Everything else goes by a
   * statement of its own after the commit, that of 20 ms in one: inside the transactions of many connections notifications
   * would make all commits of the server wait for each other. A connection that is lost is made anew; what was told
   * meanwhile is lost, which hints may be.
   */
  static readonly layerPostgres = Layer.effect(
    Wakeups,
    Effect.gen(function* () {
      const pg = yield* PgClient.PgClient
      const listener = yield* ownConnection
      const local = yield* hub
      const outgoing = yield* Queue.sliding<StoreChange>(backlog)
      const from = yield* (yield* IdGenerator).next("node")

      const publishHere = publishTo(local)

      const neighbours = makeNeighbours()

      const payloadsOf = (changes: ReadonlyArray<StoreChange>) =>
        Effect.forEach(Array.chunksOf(changes, hintsOfOne), (some) =>
          Effect.orDie(encode({ from, hints: some.map(({ deployId, kind }) => [deployId, kind]) }))
        )
      const notices = (changes: ReadonlyArray<StoreChange>) =>
        Effect.flatMap(neighbours.isAlone, (alone) => (alone ? Effect.succeed([]) : payloadsOf(changes)))

      const send = Effect.gen(function* () {
        const payloads = yield* notices(once(yield* Queue.takeAll(outgoing)))
        yield* Effect.forEach(payloads, (payload) => pg.notify(channel, payload), { discard: true })
        yield* Effect.sleep(gathering)
      })

      const again = Schedule.spaced("1 second")

      const say = (greets: boolean) =>
        Effect.flatMap(Effect.orDie(encode({ from, greets, hints: [] })), (payload) => pg.notify(channel, payload))

      const own = `{"from":"${from}"`
      const receive = Effect.fnUntraced(function* (payload: string) {
        // Every node hears itself as well.
        if (payload.startsWith(own)) return
        yield* neighbours.heard
        const { greets, hints } = yield* decode(payload)
        yield* publishHere(hints.map(([deployId, kind]) => ({ deployId, kind })))
        // What is heard next does not wait until the pool has a connection to answer on.
        if (greets === true) yield* Effect.forkChild(Effect.ignore(say(false)))
      })

      const listen = Effect.scoped(
        Effect.gen(function* () {
          const payloads = yield* listener.listen(channel)
          yield* Effect.forkScoped(Effect.andThen(Effect.retry(say(true), again), neighbours.greeted))
          yield* Stream.runForEach(Stream.fromQueue(payloads), ({ payload }) => Effect.ignore(receive(payload)))
        })
      ).pipe(Effect.ensuring(neighbours.deaf))

      yield* Effect.forkScoped(Effect.forever(Effect.retry(send, again)))
      yield* Effect.forkScoped(Effect.repeat(Effect.retry(listen, again), again))
      yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.ignore(say(false)), sayEvery)))
      return Wakeups.of({
        publish: (changes) => Effect.andThen(publishHere(changes), Effect.asVoid(Queue.offerAll(outgoing, changes))),
        notices,
        publishHere,
        changes: Stream.fromPubSub(local)
      })
    })
  )
}
