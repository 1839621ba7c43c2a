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
  const lane = Semaphore.makeUnsafe(1)
  let waiting: ReadonlyArray<One> = []

  const leave = (gone: ReadonlyArray<One>) => {
    const set = new Set(gone)
    waiting = waiting.filter((one) => !set.has(one))
  }

  /** Takes from the front; a second request of one deploy waits for the next statement. */
  const take = () => {
    const ids = new Set<string>()
    const taken = waiting.filter(({ request: { deployId } }) => {
      if (ids.size >= most || ids.has(deployId)) return false
      ids.add(deployId)
      return true
    })
    leave(taken)
    return taken
  }

  // Others wait for what one fiber has taken, so that it is not interrupted half-way.
  const landNext = Effect.uninterruptible(
    Effect.suspend(() => {
      const taken = take()
      const requests = taken.map(({ request }) => request)
      return Effect.flatMap(Effect.exit(limited(write(requests, patience))), (exit) =>
        Effect.forEach(
          taken,
          ({ answer }, n) =>
            Deferred.done(answer, Exit.isSuccess(exit) ? (exit.value[n] ?? unanswered) : Exit.failCause(exit.cause)),
          { discard: true }
        )
      )
    })
  )

  // A lone request waits for no other, but for those of fibers that can run already: an answer wakes many at once.
  const othersThatAreReady = Effect.suspend(() => {
    let before = 0
    return Effect.repeat(Effect.yieldNow, {
      until: () => {
        const isQuiet = waiting.length === before || waiting.length >= most
        before = waiting.length
        return isQuiet
      }
    })
  })

  const turn = (answer: One["answer"]) =>
    lane.withPermits(1)(
      Effect.suspend(() => (Deferred.isDoneUnsafe(answer) ? Effect.void : Effect.andThen(othersThatAreReady, landNext)))
    )

  /** Beside the lane, a request whose rows are locked tries again, and waits for them in the database. */
  const aside = (request: Request) =>
    Effect.flatMap(write([request], patience), ([answer]) => answer ?? unanswered).pipe(
      Effect.retry({ while: isBusy }),
      limited
    )

  const answered = ({ answer, request }: One) =>
    Effect.suspend(() => turn(answer)).pipe(
      Effect.repeat({ until: () => Deferred.isDoneUnsafe(answer) }),
      Effect.andThen(Deferred.await(answer)),
      Effect.catchIf(isBusy, () => aside(request))
    )

  const gather = Effect.fnUntraced(function* (requests: ReadonlyArray<Request>) {
    const mine = requests.map((request): One => ({ request, answer: Deferred.makeUnsafe() }))
    waiting = [...waiting, ...mine]
    return yield* Effect.onInterrupt(Effect.forEach(mine, answered), () => Effect.sync(() => leave(mine)))
  })

  // In a transaction of the host's nothing is durable yet, so nobody else's requests may come along.
  const alone = (requests: ReadonlyArray<Request>) =>
    Effect.flatMap(limited(write(requests)), (answers) => Effect.forEach(answers, (answer) => answer))

  return (requests: ReadonlyArray<Request>) =>
    Effect.flatMap(Effect.serviceOption(db.sql.transactionService), (transaction) =>
      Option.isSome(transaction) ? alone(requests) : gather(requests)
    )
}

const unanswered = Exit.die(new Error("A request was left without an answer"))
