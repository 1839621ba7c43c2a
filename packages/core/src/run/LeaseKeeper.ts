import { Clock, Context, Deferred, Duration, Effect, Layer, type Scope, Stream } from "effect"
import { DeployStore, type LeaseRef } from "../ports/DeployStore.ts"
import { RunnerOptions } from "./RunnerOptions.ts"

interface Held {
  readonly lease: LeaseRef
  readonly lost: Deferred.Deferred<void>
  /** By the monotonic clock, in nanoseconds: after it, somebody else may hold the deploy. */
  deadline: bigint
}

/** A claim being kept alive. */
export interface Lease {
  /** Waits until the claim is lost: taken over, cancelled, or not renewed in time. */
  readonly lost: Effect.Effect<void>
  /** Says that a write was refused: the claim is lost. */
  readonly lose: Effect.Effect<void>
}

/** Share of the lease that is kept as a margin for what lies between the database's clock and ours. */
const margin = 0.1

/** Keeps the claims of one process alive, all of them in one renewal. */
export class LeaseKeeper extends Context.Service<
  LeaseKeeper,
  {
    /**
     * Keeps a claim until the scope closes.
     *
     * `since` is the monotonic time, in nanoseconds, before the claim was asked for: the lease can't have begun earlier.
     * One whose answer took as long as it lasts is lost from the start.
     */
    readonly keep: (lease: LeaseRef, since: bigint) => Effect.Effect<Lease, never, Scope.Scope>
  }
>()("@deploys/core/LeaseKeeper") {
  /** Renews in the background for as long as the layer lives. */
  static readonly layer = Layer.effect(
    LeaseKeeper,
    Effect.gen(function* () {
      const store = yield* DeployStore
      const options = yield* RunnerOptions
      const leaseMillis = Duration.toMillis(options.lease)
      const usableNanos = BigInt(Math.floor(leaseMillis * (1 - margin) * 1_000_000))
      const held = new Set<Held>()
      const lose = (entry: Held) => Deferred.succeed(entry.lost, undefined)

      const renew = Effect.fnUntraced(function* (entries: ReadonlyArray<Held>) {
        if (entries.length === 0) return
        const sentAt = yield* Clock.monotonicTimeNanos
        const kept = yield* store.renew(
          entries.map((entry) => entry.lease),
          leaseMillis
        )
        const epochs = new Map(kept.map((lease) => [lease.deployId, lease.epoch]))
        for (const entry of entries) {
          if (epochs.get(entry.lease.deployId) === entry.lease.epoch) entry.deadline = sentAt + usableNanos
          else yield* lose(entry)
        }
      })

      const expire = Effect.fnUntraced(function* () {
        const now = yield* Clock.monotonicTimeNanos
        yield* Effect.forEach(
          [...held].filter((entry) => now >= entry.deadline),
          lose
        )
      })

      /** Together, or one by one where that fails: a deploy that somebody keeps locked is not to cost the others theirs. */
      const renewAll = Effect.fnUntraced(function* (entries: ReadonlyArray<Held>) {
        const together = yield* Effect.result(renew(entries))
        if (together._tag === "Success") return
        if (entries.length === 1) return yield* together.failure
        const single = Effect.forEach(entries, (entry) => Effect.result(renew([entry])), { concurrency: "unbounded" })
        if ((yield* single).some(({ _tag }) => _tag === "Failure")) return yield* together.failure
      })

      const renewOrLog = (entries: ReadonlyArray<Held>) =>
        renewAll(entries).pipe(
          Effect.timeout(options.renewEvery),
          Effect.catchCause((cause) => Effect.logWarning("Leases could not be renewed", cause))
        )

      yield* Effect.suspend(() => renewOrLog([...held])).pipe(
        Effect.andThen(expire()),
        Effect.delay(options.renewEvery),
        Effect.forever,
        Effect.forkScoped
      )
      yield* Effect.forkScoped(Effect.forever(Effect.delay(expire(), leaseMillis / 20)))
      yield* store.changes.pipe(
        Stream.filter((change) => change.kind === "cancelled"),
        Stream.runForEach(({ deployId }) => renewOrLog([...held].filter((entry) => entry.lease.deployId === deployId))),
        Effect.forkScoped({ startImmediately: true })
      )

      return LeaseKeeper.of({
        keep: Effect.fnUntraced(function* (lease, since) {
          const entry: Held = { lease, lost: yield* Deferred.make<void>(), deadline: since + usableNanos }
          yield* Effect.acquireRelease(
            Effect.sync(() => held.add(entry)),
            () => Effect.sync(() => held.delete(entry))
          )
          if ((yield* Clock.monotonicTimeNanos) >= entry.deadline) yield* lose(entry)
          return { lost: Deferred.await(entry.lost), lose: Effect.asVoid(lose(entry)) }
        })
      })
    })
  )
}
