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

/** Writes what the requests ask for in as few commits as it can, and answers each in its place. */
export type Write<Request, Answer> = (
  requests: ReadonlyArray<Request>
) => Effect.Effect<ReadonlyArray<Exit.Exit<Answer, SqlError.SqlError>>>

/** Requests of one statement at most: a longer one holds its locks for longer than it saves. */
const most = 256

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
      return Effect.flatMap(Effect.exit(limited(write(requests))), (exit) =>
        Effect.forEach(
          taken,
          ({ answer }, n) =>
            Deferred.done(answer, Exit.isSuccess(exit) ? (exit.value[n] ?? unanswered) : Exit.failCause(exit.cause)),
          { discard: true }
        )
      )
    })
  )

  const turn = (answer: One["answer"]) =>
    lane.withPermits(1)(
      Effect.suspend(() => (Deferred.isDoneUnsafe(answer) ? Effect.void : Effect.andThen(Effect.yieldNow, landNext)))
    )

  const answered = ({ answer }: One) =>
    Effect.suspend(() => turn(answer)).pipe(
      Effect.repeat({ until: () => Deferred.isDoneUnsafe(answer) }),
      Effect.andThen(Deferred.await(answer))
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
