import { Effect, Exit } from "effect"
import type { SqlError } from "effect/sql"
import { repeated } from "../internal/operation.ts"
import type { Write } from "./GroupCommit.ts"

/** Lands all requests at once, each with an answer of its own: where together they are refused, one by one. */
export const oneByOneIfRefused = <Request, Answer>(
  together: (requests: ReadonlyArray<Request>) => Effect.Effect<ReadonlyArray<Answer>, SqlError.SqlError>
): Write<Request, Answer> => {
  const write: Write<Request, Answer> = (requests) =>
    repeated(together(requests)).pipe(
      Effect.map((answers) => answers.map((one) => Exit.succeed(one))),
      Effect.catch((error) =>
        requests.length === 1
          ? Effect.succeed([Exit.fail(error)])
          : Effect.map(
              Effect.forEach(requests, (request) => write([request])),
              (answers) => answers.flat()
            )
      )
    )
  return write
}
