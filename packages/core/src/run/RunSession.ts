import { Data, Effect, Schedule, Semaphore } from "effect"
import type { DeployMove } from "../domain/DeployMove.ts"
import { storableText } from "../domain/StorableJson.ts"
import type { LogLevel } from "../plan/Step.ts"
import type { Claim, DeployStore } from "../ports/DeployStore.ts"
import type { Lease } from "./LeaseKeeper.ts"

/** The claim is gone: another epoch holds the deploy, and nothing more can be written. */
export class ClaimLost extends Data.TaggedError("ClaimLost") {}

/** Bytes of a log line, and log lines of a deploy, after which it is cut. */
const maxLineBytes = 8192
const maxLines = 10_000
const cutMark = " … (cut)"

const encoder = new TextEncoder()

const cutLine = (message: string) => {
  const line = storableText(message)
  const { read } = encoder.encodeInto(line, new Uint8Array(maxLineBytes - encoder.encode(cutMark).length))
  return read === line.length ? line : `${line.slice(0, read)}${cutMark}`
}

const again = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("1 second")])

/** Writes the moves of one claim, one after the other, each fenced by its epoch. */
export interface RunSession {
  readonly claim: Claim
  /**
   * Writes these moves, and before them in the same write everything deferred. Sent again until it is known to have landed.
   * After one that was interrupted nothing more can be written: the number of the last event is then not known.
   */
  readonly write: (...moves: ReadonlyArray<DeployMove>) => Effect.Effect<void, ClaimLost>
  /** Lets a move go with the next write, where nothing that it permits happens before that. */
  readonly defer: (move: DeployMove) => Effect.Effect<void>
  /** Adds a line to the deploy's events with the next write. */
  readonly log: (message: string, level: LogLevel, step: string | null) => Effect.Effect<void>
}

/** A session of this claim. Log lines are written within 100 ms for as long as the scope is open. */
export const makeRunSession = Effect.fnUntraced(function* (
  store: DeployStore["Service"],
  claim: Claim,
  by: string,
  lease: Lease
) {
  const scope = yield* Effect.scope
  const context = yield* Effect.context<never>()
  const oneAtATime = yield* Semaphore.make(1)
  let after = claim.lastEvent
  let lines = claim.lastEvent
  let deferred: ReadonlyArray<DeployMove> = []

  const send = Effect.fnUntraced(function* (moves: ReadonlyArray<DeployMove>) {
    const move = store.move([{ deployId: claim.deploy.id, epoch: claim.epoch, after, by, moves }])
    // Few writes fail, so that the schedule is made for those that do.
    const [result] = yield* Effect.catch(move, () => Effect.orDie(Effect.retry(move, again)))
    if (result?._tag !== "Applied") {
      yield* lease.lose
      return yield* new ClaimLost()
    }
    after += moves.length
  })

  const write = Effect.fnUntraced(function* (...moves: ReadonlyArray<DeployMove>) {
    const all = [...deferred, ...moves]
    if (all.length === 0) return
    deferred = []
    yield* send(all)
  }, oneAtATime.withPermits(1))

  const defer = (move: DeployMove) => Effect.sync(() => void (deferred = [...deferred, move]))

  /** Whether a write is to come within 100 ms. */
  let isFlushing = false
  const flush = Effect.sleep("100 millis").pipe(
    Effect.andThen(Effect.sync(() => (isFlushing = false))),
    Effect.andThen(write()),
    Effect.ignore,
    Effect.provideContext(context),
    Effect.forkIn(scope)
  )
  const log = (message: string, level: LogLevel, step: string | null) =>
    Effect.suspend(() => {
      lines += 1
      if (lines > maxLines) return Effect.void
      const text = lines === maxLines ? "Further lines are left out: a deploy keeps 10,000" : cutLine(message)
      const isFirst = !isFlushing
      isFlushing = true
      return Effect.andThen(
        defer({ _tag: "Logged", level, message: text, step }),
        isFirst ? Effect.asVoid(flush) : Effect.void
      )
    })

  return { claim, write, defer, log } satisfies RunSession
})
