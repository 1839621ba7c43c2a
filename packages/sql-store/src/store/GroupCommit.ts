import type { DeployId } from "@deploys/core"
import { Deferred, Effect, Exit, Option, Semaphore } from "effect"
import type { SqlError } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { limited } from "../internal/operation.ts"

interface About {
  readonly deployId: DeployId
}

interface Waiting<Request, Answer> {
  readonly request: Request
  readonly answer: Deferred.Deferred<Answer, SqlError.SqlError>
  /** What is sent with it. */
  readonly batch: Map<DeployId, Waiting<Request, Answer>>
}

/**
 * Writes what the requests ask for in as few commits as it can, and answers each in its place. `patience` is for how long a
 * lock is waited for, in milliseconds; without it, as long as the session waits.
 */
export type Write<Request, Answer> = (
  requests: ReadonlyArray<Request>,
  patience?: number
) => Effect.Effect<ReadonlyArray<Exit.Exit<Answer, SqlError.SqlError>>>

/** Requests of one statement at most: a longer one holds its locks for longer than it saves. */
const most = 256

/** For how long others are kept waiting by a request whose rows somebody has locked, in milliseconds. */
const patience = 100

const isBusy = ({ reason }: SqlError.SqlError) => reason._tag === "LockTimeoutError"

/**
 * Group commit: while one statement is on its way, the requests of all runners gather, and the next statement takes them
 * together. A commit costs a flush to disk, so many moves in one are several times as fast as each by itself.
 */
export const makeGroupCommit = <Request extends About, Answer>(db: Database, write: Write<Request, Answer>) => {
  type One = Waiting<Request, Answer>
  type Batch = One["batch"]
  const lane = Semaphore.makeUnsafe(1)
  /** What has not been sent yet, in order. */
  const gathering = new Set<Batch>()

  // A lone request waits for no other, but for those of fibers that can run already: an answer wakes many at once.
  const othersThatAreReady = Effect.fnUntraced(function* (batch: Batch) {
    let before: number
    do {
      before = batch.size
      yield* Effect.yieldNow
    } while (batch.size > before && batch.size < most)
  })

  const land = Effect.fnUntraced(function* (batch: Batch) {
    yield* othersThatAreReady(batch)
    gathering.delete(batch)
    const sent = [...batch.values()]
    if (sent.length === 0) return
    const requests = sent.map(({ request }) => request)
    const exit = yield* Effect.exit(limited(write(requests, patience)))
    for (const [n, { answer }] of sent.entries())
      Deferred.doneUnsafe(answer, Exit.isSuccess(exit) ? (exit.value[n] ?? unanswered) : Exit.failCause(exit.cause))
  }, lane.withPermits(1))

  /** A second request of one deploy waits for a statement of its own. */
  const batchFor = (id: DeployId) => {
    for (const batch of gathering) if (batch.size < most && !batch.has(id)) return Effect.succeed(batch)
    const batch: Batch = new Map()
    gathering.add(batch)
    // Many wait for it, so it belongs to none of their fibers.
    return Effect.as(Effect.forkDetach(land(batch), { startImmediately: true, uninterruptible: true }), batch)
  }

  /** Beside the lane, a request whose rows are locked tries again, and waits for them in the database. */
  const aside = (request: Request) =>
    Effect.flatMap(write([request], patience), ([answer]) => answer ?? unanswered).pipe(
      Effect.retry({ while: isBusy }),
      limited
    )

  const join = (request: Request) =>
    Effect.map(batchFor(request.deployId), (batch): One => {
      const one = { request, answer: Deferred.makeUnsafe<Answer, SqlError.SqlError>(), batch }
      batch.set(request.deployId, one)
      return one
    })

  const answered = ({ answer, request }: One) => Effect.catchIf(Deferred.await(answer), isBusy, () => aside(request))

  /** What is on its way lands all the same, so its end is waited for. */
  const leave = ({ answer, batch, request }: One) =>
    gathering.has(batch)
      ? Effect.sync(() => void batch.delete(request.deployId))
      : Effect.asVoid(Effect.exit(Deferred.await(answer)))

  const gather = (requests: ReadonlyArray<Request>) =>
    Effect.flatMap(Effect.forEach(requests, join), (mine) =>
      Effect.onInterrupt(Effect.forEach(mine, answered), () => Effect.forEach(mine, leave, { discard: true }))
    )

  // In a transaction of the host's nothing is durable yet, so nobody else's requests may come along.
  const alone = (requests: ReadonlyArray<Request>) =>
    Effect.flatMap(limited(write(requests)), (answers) => Effect.forEach(answers, (answer) => answer))

  return (requests: ReadonlyArray<Request>) =>
    Effect.flatMap(Effect.serviceOption(db.sql.transactionService), (transaction) =>
      Option.isSome(transaction) ? alone(requests) : gather(requests)
    )
}

const unanswered = Exit.die(new Error("A request was left without an answer"))
