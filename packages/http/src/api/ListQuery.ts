import { decodeListText, type InputFault, InvalidInput, type ListOptions } from "@deploys/core"
import { Array, Result, Schema, Struct } from "effect"
import type { QueryFaults } from "./StrictInput.ts"

const parameter = (description: string) => Schema.optionalKey(Schema.String.annotate({ description }))

/**
 * The query of the list, by the names of the API, each parameter as text and given at most once. All that are given are
 * ANDed. Clients make one with `toListQuery`.
 */
export const ListQuery = Schema.Struct({
  limit: parameter("Rows of a page, 1–100. Default: 100."),
  after: parameter("A cursor: the page begins behind its row. Not together with `before`."),
  before: parameter("A cursor: the page ends before its row."),
  ids: parameter("Ids of deploys, with commas between them."),
  filter: parameter("A filter as JSON."),
  orderBy: parameter('Keys as JSON, such as `[{"createdAt":"desc"}]`, which is the default.'),
  total: parameter("Whether to count, `true` or `false`. Default: `true`."),
  workspace_id: parameter("A workspace's id."),
  entity_id: parameter("An app's id."),
  build_id: parameter("A build's id."),
  status: parameter("`pending`, `running`, `completed` or `failed`."),
  trigger: parameter("`auto`, `manual` or `rollback`."),
  created_by: parameter("The subject who asked for the deploy.")
})
/** The query of the list, by the names of the API, each parameter as text. */
export interface ListQuery extends Schema.Schema.Type<typeof ListQuery> {}

const coreNames = new Map([
  ["workspace_id", "workspaceId"],
  ["entity_id", "entityId"],
  ["build_id", "buildId"],
  ["created_by", "createdBy"]
])

const apiNames = new Map([...coreNames].map(([api, core]) => [core, api]))

const textOf = (name: string, value: unknown) =>
  typeof value === "object" && name !== "ids" ? JSON.stringify(value) : String(value)

/** The query that asks for this. */
export const toListQuery = (options: ListOptions): ListQuery =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [apiNames.get(name) ?? name, textOf(name, value)]))

const byApiName = (fault: InputFault): InputFault => {
  const [, name = "", ...deeper] = fault.path.split("/")
  return { ...fault, path: ["", apiNames.get(name) ?? name, ...deeper].join("/") }
}

const names = Struct.keys(ListQuery.fields)

/** What a query asks for, or all that is wrong with its values, by the names of the API. */
export const decodeListQuery = (query: ListQuery): Result.Result<ListOptions, InvalidInput> => {
  const given = names.flatMap((name) => {
    const text = query[name]
    return text === undefined ? [] : [[coreNames.get(name) ?? name, text] as const]
  })
  return Result.mapError(
    decodeListText(Object.fromEntries(given)),
    ({ faults }) => new InvalidInput({ faults: Array.map(faults, byApiName) })
  )
}

/** All that is wrong with the values of a query that may hold other parameters besides, or some of them twice. */
export const listQueryFaults: QueryFaults["Service"] = (query) => {
  const sound = names.flatMap((name) => (typeof query[name] === "string" ? [[name, query[name]] as const] : []))
  return Result.match(decodeListQuery(Object.fromEntries(sound)), {
    onFailure: ({ faults }) => faults,
    onSuccess: () => []
  })
}
