import { ListOptions } from "@deploys/core"
import { Schema, SchemaTransformation, Struct } from "effect"

const { fields } = ListOptions

/** A whole number in its one decimal form: `+5`, `5.0` and `0x5` are not taken. */
const WholeNumber = Schema.String.check(Schema.isPattern(/^(0|[1-9][0-9]{0,8})$/, { expected: "a whole number" }))

const Flag = Schema.Literals(["true", "false"]).pipe(
  Schema.decodeTo(
    fields.total.schema,
    SchemaTransformation.transform({ decode: (text) => text === "true", encode: (on) => (on ? "true" : "false") })
  )
)

const Ids = Schema.String.pipe(
  Schema.decodeTo(
    fields.ids.schema,
    SchemaTransformation.transform({
      decode: (text): ReadonlyArray<string> => text.split(","),
      encode: (ids) => ids.join(",")
    })
  )
)

/** A cursor as text of base64url; what it says is judged with the order of the list. */
const CursorText = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_-]+$/, { expected: "a cursor of an earlier page" })
)

/** The query of the list, by the names of the API. Each parameter may be given once; all that are given are ANDed. */
export const ListQuery = Schema.Struct({
  limit: Schema.optionalKey(
    WholeNumber.pipe(Schema.decodeTo(fields.limit.schema, SchemaTransformation.numberFromString))
  ),
  after: Schema.optionalKey(CursorText),
  before: Schema.optionalKey(CursorText),
  /** Ids with commas between them. */
  ids: Schema.optionalKey(Ids),
  total: Schema.optionalKey(Flag),
  workspace_id: fields.workspaceId,
  entity_id: fields.entityId,
  build_id: fields.buildId,
  status: fields.status,
  trigger: fields.trigger,
  created_by: fields.createdBy
})
/** The query of the list, by the names of the API. */
export interface ListQuery extends Schema.Schema.Type<typeof ListQuery> {}

/** The same by core's names. */
export const toListOptions: (query: ListQuery) => ListOptions = Struct.renameKeys({
  workspace_id: "workspaceId",
  entity_id: "entityId",
  build_id: "buildId",
  created_by: "createdBy"
})
