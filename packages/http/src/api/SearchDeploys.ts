import { decodeListOptions, type InvalidInput, ListOptions } from "@deploys/core"
import { type Result, Schema } from "effect"
import { byApiNames, renamed } from "./ListNames.ts"

const {
  after,
  before,
  buildId,
  createdBy,
  entityId,
  filter,
  ids,
  limit,
  orderBy,
  status,
  total,
  trigger,
  workspaceId
} = ListOptions.fields

const described = <S extends Schema.Top>(field: Schema.optionalKey<S>, description: string) =>
  Schema.optionalKey(field.schema.annotate({ description }))

/** The parameters of a list as a JSON body, by the names of the API. All that are given are ANDed. */
export const SearchDeploys = Schema.Struct({
  limit: described(limit, "Rows of a page. Default: 100."),
  after: described(after, "A cursor: the page begins behind its row. Not together with `before`."),
  before: described(before, "A cursor: the page ends before its row."),
  ids: described(ids, "Ids of deploys."),
  filter,
  orderBy,
  total: described(total, "Whether to count all rows that filter and rights let through. Default: true."),
  workspace_id: described(workspaceId, "A workspace's id."),
  entity_id: described(entityId, "An app's id."),
  build_id: described(buildId, "A build's id."),
  status: described(status, "How far the deploy has come."),
  trigger: described(trigger, "What asked for the deploy."),
  created_by: described(createdBy, "The subject who asked for the deploy.")
}).annotate({ identifier: "SearchDeploys" })
/** The parameters of a list as a JSON body, by the names of the API. */
export interface SearchDeploys extends Schema.Schema.Type<typeof SearchDeploys> {}

const isObject = (body: unknown): body is Readonly<Record<string, unknown>> =>
  typeof body === "object" && body !== null && !Array.isArray(body)

/** What a body asks for, or all that is wrong with it, by the names of the API. A filter's limits are checked first. */
export const decodeSearchDeploys = (body: unknown): Result.Result<ListOptions, InvalidInput> =>
  byApiNames(decodeListOptions(isObject(body) ? renamed(Object.entries(body)) : body))
