import { Effect, Exit } from "effect"
import type { SqlError } from "effect/sql"
import { repeated } from "../internal/operation.ts"
import type { Write } from "./GroupCommit.ts"

/** For how long one of several waits for a lock by itself, in milliseconds: all of them together have waited already. */
const leastPatience = 10

/** Lands all requests at once, each with an answer of its own: where together they are refused, one by one. */
export const oneByOneIfRefused = <Request, Answer>(
  together: (
    requests: ReadonlyArray<Request>,
    patience: number | undefined
  ) => Effect.Effect<ReadonlyArray<Answer>, SqlError.SqlError>
): Write<Request, Answer> => {
  const write: Write<Request, Answer> = (requests, patience) =>
    repeated(together(requests, patience)).pipe(
      Effect.map((answers) => answers.map((one) => Exit.succeed(one))),
      Effect.catch((error) =>
        requests.length === 1
          ? Effect.succeed([Exit.fail(error)])
          : Effect.map(
              Effect.forEach(requests, (request) =>
                write([request], patience === undefined ? patience : leastPatience)
              ),
              (answers) => answers.flat()
            )
      )
    )
  return write
}
