import { decodeListText, type InvalidInput, type ListOptions } from "@deploys/core"
import { Record, Result, Schema } from "effect"
import { byApiNames, renamed } from "./ListNames.ts"
import { SearchDeploys } from "./SearchDeploys.ts"
import type { QueryFaults } from "./StrictInput.ts"

/**
 * The query of the list, by the names of the API, each parameter as text and given at most once: `filter` and `orderBy` are
 * JSON, `ids` has commas. All that are given are ANDed. Clients make one with `toListQuery`.
 */
export const ListQuery = Schema.Struct(Record.map(SearchDeploys.fields, () => Schema.optionalKey(Schema.String)))
/** The query of the list, by the names of the API, each parameter as text. */
export interface ListQuery extends Schema.Schema.Type<typeof ListQuery> {}

const textOf = (name: string, value: unknown) =>
  typeof value === "object" && name !== "ids" ? JSON.stringify(value) : String(value)

/** The query that asks for this. */
export const toListQuery = (options: ListOptions): ListQuery =>
  renamed(Object.entries(options).map(([name, value]) => [name, textOf(name, value)]))

const names = Record.keys(ListQuery.fields)

/** What a query asks for, or all that is wrong with its values, by the names of the API. */
export const decodeListQuery = (query: ListQuery): Result.Result<ListOptions, InvalidInput> => {
  const given = names.flatMap((name) => {
    const text = query[name]
    return text === undefined ? [] : [[name, text] as const]
  })
  return byApiNames(decodeListText(renamed(given)))
}

/** All that is wrong with the values of a query that may hold other parameters besides, or some of them twice. */
export const listQueryFaults: QueryFaults["Service"] = (query) => {
  const sound = names.flatMap((name) => (typeof query[name] === "string" ? [[name, query[name]] as const] : []))
  return Result.match(decodeListQuery(Object.fromEntries(sound)), {
    onFailure: ({ faults }) => faults,
    onSuccess: () => []
  })
}
