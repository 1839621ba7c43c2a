import type { Deploy, Page } from "@deploys/core"
import type { ListQuery } from "@deploys/http/api"
import { Effect } from "effect"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"

/** One page of a list. */
export const listPage = Effect.fn("deploys.listPage")(function* (query: ListQuery) {
  const { api, url } = yield* ApiClient
  return yield* Effect.mapError(api.deploys.list({ query }), callFailure(url))
})

/** A list to its end as one page. Only the first page is asked how many there are. */
export const listAll = Effect.fn("deploys.listAll")(function* (query: ListQuery) {
  const first = yield* listPage(query)
  const data: Array<Deploy> = [...first.data]
  let { endCursor, hasNextPage } = first.pageInfo
  while (hasNextPage && endCursor !== null) {
    const page = yield* listPage({ ...query, after: endCursor, total: "false" })
    data.push(...page.data)
    ;({ endCursor, hasNextPage } = page.pageInfo)
  }
  const whole: Page = { data, pageInfo: { ...first.pageInfo, endCursor, hasNextPage } }
  return whole
})
