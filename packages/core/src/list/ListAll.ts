import { Effect, Option, Stream } from "effect"
import type { Deploy } from "../domain/Deploy.ts"
import type { ListOptions } from "./ListOptions.ts"
import type { Page } from "./Page.ts"

/** What a list is asked for that is read to its end. `limit` is how many deploys are read at a time. */
export type ListAllOptions = Omit<ListOptions, "total">

/**
 * The deploys of a list one after the other, a page of them read when they are wanted. With `before` they come backwards from
 * that cursor, the nearest first.
 */
export const listAll = <E, R>(
  list: (options: ListOptions) => Effect.Effect<Page, E, R>,
  options: ListAllOptions
): Stream.Stream<Deploy, E, R> =>
  Stream.paginate(options, (from) =>
    Effect.map(list({ ...from, total: false }), ({ data, pageInfo }) => {
      const { endCursor, hasNextPage, hasPreviousPage, startCursor } = pageInfo
      if (from.before === undefined)
        return [data, hasNextPage ? next(from, "after", endCursor) : Option.none()] as const
      return [data.toReversed(), hasPreviousPage ? next(from, "before", startCursor) : Option.none()] as const
    })
  )

const next = (from: ListAllOptions, side: "after" | "before", cursor: string | null): Option.Option<ListAllOptions> =>
  Option.map(Option.fromNullishOr(cursor), (cursor) => ({ ...from, [side]: cursor }))
