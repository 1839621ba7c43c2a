import { JsonSchema, Schema } from "effect"
import { OpenApi } from "effect/http-api"
import * as Examples from "./Examples.ts"
import { SearchDeploys } from "./SearchDeploys.ts"

const schemaOf = ({ schema }: (typeof SearchDeploys.fields)[keyof typeof SearchDeploys.fields]) => {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  return JsonSchema.toMultiDocumentOpenApi3_1({ ...document, schemas: [document.schema] }).schemas[0]
}

const asJson: ReadonlyMap<string, string> = new Map([
  ["filter", "Which deploys the list is to hold, as JSON."],
  ["orderBy", "The keys of an order, as JSON."]
])

/** How a parameter of the query is written: some are JSON, and several values of one have commas between them. */
const written = (name: string, schema: JsonSchema.JsonSchema) => {
  const description = asJson.get(name)
  if (description !== undefined)
    return { description, content: { "application/json": { schema, example: Examples.ofListParameters.get(name) } } }
  const { description: meaning, ...plain } = schema
  return { description: meaning, schema: plain, ...(name === "ids" ? { style: "form", explode: false } : {}) }
}

const parametersOf = () =>
  Object.entries(SearchDeploys.fields).map(([name, field]) => ({
    name,
    in: "query",
    required: false,
    ...written(name, schemaOf(field))
  }))

/** Describes the query of the list by what the same parameters are in a body: as text alone it would say nothing. */
export const listParameters = OpenApi.annotations({
  transform: (operation) => ({ ...operation, parameters: parametersOf() })
})
