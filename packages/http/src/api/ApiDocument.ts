/** What the OpenAPI document says beyond what effect derives from an API. */
import { type JsonSchema, Predicate, Record } from "effect"
import { OpenApi } from "effect/http-api"
import * as Examples from "./Examples.ts"

/** An example of a body. */
export interface BodyExample {
  readonly summary: string
  readonly value: unknown
}

/** What the document says of an endpoint, with examples of its JSON body by their names. */
export const describe = (summary: string, description: string, examples?: Readonly<Record<string, BodyExample>>) =>
  OpenApi.annotations({
    summary,
    description,
    ...(examples === undefined ? {} : { transform: withExamples(examples) })
  })

const withExamples =
  (examples: Readonly<Record<string, BodyExample>>) =>
  ({ requestBody: body, ...operation }: { readonly requestBody?: OpenApi.OpenAPISpecRequestBody }) => ({
    ...operation,
    requestBody: { ...body, content: { "application/json": { ...body?.content["application/json"], examples } } }
  })

const requestId = {
  description: "What the request is called in the server's log: letters, digits and `_.:=/+-`, at most 128 of them.",
  schema: { type: "string", maxLength: 128 }
}

const parameters = { RequestId: { name: "x-request-id", in: "header", required: false, ...requestId } }

const headers = {
  RequestId: { ...requestId, required: true },
  RateLimit: {
    description: "Requests that the caller may make at once, and seconds until it is all that the policy allows.",
    required: false,
    schema: { type: "string", examples: [`"requests";r=5999;t=1`] }
  },
  "RateLimit-Policy": {
    description: "Requests that a caller may make in a window of seconds.",
    required: false,
    schema: { type: "string", examples: [`"requests";q=6000;w=60`] }
  }
}

const reference = (name: keyof typeof headers) => ({ $ref: `#/components/headers/${name}` })

const everyAnswer = { "x-request-id": reference("RequestId") }

/** An answer to who is known. */
const callersAnswer = {
  ...everyAnswer,
  ratelimit: reference("RateLimit"),
  "ratelimit-policy": reference("RateLimit-Policy")
}

/** What stands in a part of the document under these keys; undefined where nothing does. */
const at = (value: unknown, ...keys: ReadonlyArray<string>): unknown =>
  keys.reduce((inner, key) => (Predicate.isObject(inner) ? Reflect.get(inner, key) : undefined), value)

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const isNull = (schema: unknown) => at(schema, "type") === "null"

/** A body that may be null may be left out. */
const optionalBody = (body: OpenApi.OpenAPISpecRequestBody) => {
  const json = body.content["application/json"]
  const either = list(at(json, "schema", "anyOf"))
  const schema = either.find((one) => !isNull(one))
  return either.some(isNull) ? { required: false, content: { "application/json": { ...json, schema } } } : body
}

const operation = ({ parameters, requestBody, responses, ...rest }: OpenApi.OpenAPISpecOperation) => ({
  ...rest,
  parameters: [...parameters, { $ref: "#/components/parameters/RequestId" }],
  ...(requestBody === undefined ? {} : { requestBody: optionalBody(requestBody) }),
  responses: Record.map(responses, (response) => ({
    ...response,
    headers: { ...response.headers, ...(rest.security.length === 0 ? everyAnswer : callersAnswer) }
  }))
})

const constantOf = (schema: JsonSchema.JsonSchema, key: string) => list(at(schema, "properties", key, "enum"))[0]

/** A problem always has what other servers may leave out. */
const problem = (name: string, schema: JsonSchema.JsonSchema): JsonSchema.JsonSchema => {
  const [type, title, status] = ["type", "title", "status"].map((key) => constantOf(schema, key))
  const example = { type, title, status, ...(Examples.ofProblems.get(name) ?? { detail: title }) }
  const required = new Set(["type", "title", "status", "detail", ...list(schema["required"])])
  return { ...schema, required: [...required], examples: [example] }
}

const component = (schema: JsonSchema.JsonSchema, name: string): JsonSchema.JsonSchema => {
  if (String(constantOf(schema, "type")).startsWith("urn:problem-type:")) return problem(name, schema)
  const example = Examples.ofSchemas.get(name)
  return example === undefined ? schema : { ...schema, examples: [example] }
}

/** Generators of clients take an object of unknown fields for an empty one, unless it says that it may hold any. */
const open = (value: unknown) =>
  at(value, "type") === "object" && Predicate.isObject(value) && Object.keys(value).length === 1
    ? { type: "object", additionalProperties: true }
    : value

/** Errors are classes, and only their encoded side is on the wire. How effect's own clients read a stream is theirs. */
const plainly = <A>(document: A): A =>
  JSON.parse(
    JSON.stringify(document, (key, value) => (key === "x-effect-stream" ? undefined : open(value))).replaceAll(
      /"#\/components\/schemas\/(\w+)Encoded"/g,
      `"#/components/schemas/$1"`
    )
  )

/** Of effect's making: operations by their methods, and no more. */
type Paths = Readonly<Record<string, Readonly<Record<string, OpenApi.OpenAPISpecOperation>>>>

const finish = (components: OpenApi.OpenAPIComponents, paths: Paths) => {
  const { schemas, securitySchemes } = plainly(components)
  const named = Record.mapKeys(schemas, (name) => name.replace(/Encoded$/, ""))
  return {
    components: {
      schemas: Record.map(named, component),
      parameters,
      headers,
      securitySchemes: Record.map(securitySchemes, (scheme) =>
        "scheme" in scheme ? { ...scheme, scheme: scheme.scheme.toLowerCase() } : scheme
      )
    },
    paths: Record.map(plainly(paths), (operations) => Record.map(operations, operation))
  }
}

/** Names, examples, and what is the same for every endpoint. */
export const document = OpenApi.annotations({
  transform: (spec) => ({
    ...spec,
    info: { ...spec["info"], license: { name: "MIT", identifier: "MIT" } },
    ...finish(spec["components"], spec["paths"])
  })
})
