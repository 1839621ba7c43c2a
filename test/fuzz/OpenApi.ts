import { Schema } from "effect"

const Json = Schema.Record(Schema.String, Schema.Json)

const Parameter = Schema.Struct({
  name: Schema.optionalKey(Schema.String),
  in: Schema.optionalKey(Schema.String)
})

const Operation = Schema.Struct({
  parameters: Schema.optionalKey(Schema.Array(Parameter)),
  requestBody: Schema.optionalKey(
    Schema.Struct({
      content: Schema.Record(
        Schema.String,
        Schema.Struct({
          schema: Json,
          examples: Schema.optionalKey(Schema.Record(Schema.String, Schema.Struct({ value: Schema.Json })))
        })
      )
    })
  )
})

const Document = Schema.Struct({
  paths: Schema.Record(Schema.String, Schema.Record(Schema.String, Operation)),
  components: Schema.Struct({ schemas: Schema.Record(Schema.String, Json) })
})

/** A route as its document has it. */
export interface Route {
  readonly method: string
  readonly path: string
  readonly query: ReadonlyArray<string>
  readonly headers: ReadonlyArray<string>
  /** Bodies that it takes, by the document's examples; empty where it takes none. */
  readonly bodies: ReadonlyArray<{ readonly type: string; readonly value: Schema.Json }>
}

type Components = (typeof Document.Type)["components"]

const exampleOf = (schema: typeof Json.Type, components: Components): Schema.Json => {
  const named = typeof schema["$ref"] === "string" ? components.schemas[schema["$ref"].split("/").at(-1) ?? ""] : schema
  const examples = named?.["examples"]
  return Array.isArray(examples) ? (examples[0] ?? {}) : {}
}

const routeOf = (components: Components, path: string, method: string, operation: typeof Operation.Type): Route => {
  const { parameters = [], requestBody } = operation
  const named = (place: string) => parameters.flatMap(({ in: at, name }) => (at === place && name ? [name] : []))
  const bodies = Object.entries(requestBody?.content ?? {}).flatMap(([type, { examples, schema }]) => {
    const values = Object.values(examples ?? {}).map(({ value }) => value)
    return [...values, exampleOf(schema, components)].map((value) => ({ type, value }))
  })
  return { method: method.toUpperCase(), path, query: named("query"), headers: named("header"), bodies }
}

/** The routes of a document. */
export const routesOf = (text: string): ReadonlyArray<Route> => {
  const { components, paths } = Schema.decodeUnknownSync(Schema.fromJsonString(Document))(text)
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => routeOf(components, path, method, operation))
  )
}
