import { Effect, Exit, Option, Request, RequestResolver } from "effect"
import type { SqlError } from "effect/sql"
import type { Database } from "./Database.ts"
import { limited, repeated } from "./operation.ts"

interface Asked<Id, Row> extends Request.Request<Row | undefined, SqlError.SqlError> {
  readonly id: Id
}

/**
 * Reads by id: what is asked for in one turn of the event loop is read by one statement. The rows are not decoded here, so
 * that nobody gets to feel another one's row.
 *
 * What the database undid is repeated, within a time limit: once for all who ask.
 *
 * Within a transaction of the host's each read is by itself, since others may not see what it sees.
 */
export const readTogether = <Id extends string, Row extends { readonly id: string }>(
  { sql }: Database,
  statement: (ids: ReadonlyArray<Id>) => Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
): ((id: Id) => Effect.Effect<Row | undefined, SqlError.SqlError>) => {
  const read = (ids: ReadonlyArray<Id>) => limited(repeated(statement(ids)))
  const request = Request.of<Asked<Id, Row>>()
  const resolver = RequestResolver.make<Asked<Id, Row>>((entries) =>
    Effect.map(read([...new Set(entries.map((entry) => entry.request.id))]), (rows) => {
      const byId = new Map<string, Row>(rows.map((row) => [row.id, row]))
      for (const entry of entries) entry.completeUnsafe(Exit.succeed(byId.get(entry.request.id)))
    })
  )
  return (id) =>
    Effect.flatMap(Effect.serviceOption(sql.transactionService), (transaction) =>
      Option.isSome(transaction) ? Effect.map(read([id]), ([row]) => row) : Effect.request(request({ id }), resolver)
    )
}
