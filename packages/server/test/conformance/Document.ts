import { Ajv2020 } from "ajv/dist/2020.js"
import { Schema } from "effect"
import { OpenApi } from "effect/http-api"
import { ServerApi } from "../../src/api/ServerApi.ts"

const Content = Schema.Record(Schema.String, Schema.Struct({ schema: Schema.JsonObject }))

const Header = Schema.Struct({ required: Schema.optionalKey(Schema.Boolean), $ref: Schema.optionalKey(Schema.String) })

const Documented = Schema.Struct({
  content: Schema.optionalKey(Content),
  headers: Schema.optionalKey(Schema.Record(Schema.String, Header))
})

const OperationText = Schema.Struct({
  operationId: Schema.String,
  requestBody: Schema.optionalKey(Schema.Struct({ content: Content })),
  responses: Schema.Record(Schema.String, Documented),
  security: Schema.Array(Schema.JsonObject)
})

const Text = Schema.Struct({
  paths: Schema.Record(Schema.String, Schema.Record(Schema.String, OperationText)),
  components: Schema.Struct({
    schemas: Schema.Record(Schema.String, Schema.JsonObject),
    headers: Schema.Record(Schema.String, Header)
  })
})

/** The document as who reads `/openapi.json` has it. */
export const text = JSON.stringify(OpenApi.fromApi(ServerApi.annotate(OpenApi.Servers, [{ url: "/" }])))

const { components, paths } = Schema.decodeUnknownSync(Schema.fromJsonString(Text))(text)

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: { binary: true, "date-time": /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/ }
})
ajv.addSchema(JSON.parse(text), "document")

const pointer = (...keys: ReadonlyArray<string>) =>
  keys.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")

const compiled = new Map<string, ReturnType<typeof ajv.compile>>()

/** What is wrong with a value by the schema at this place of the document. */
const faultsAt = (value: unknown, ...keys: ReadonlyArray<string>): ReadonlyArray<string> => {
  const $ref = `document#/${pointer(...keys)}`
  const validate = compiled.get($ref) ?? ajv.compile({ $ref })
  compiled.set($ref, validate)
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}

/** One operation of the document. */
export interface Operation extends Schema.Schema.Type<typeof OperationText> {
  readonly method: string
  readonly path: string
}

export const operations: ReadonlyArray<Operation> = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path }))
)

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

const problemType = "application/problem+json"

const namesOf = (schema: Schema.JsonObject): ReadonlyArray<string> => {
  const { $ref, anyOf } = schema
  if (typeof $ref === "string") return [$ref.split("/").at(-1) ?? ""]
  return Array.isArray(anyOf) ? anyOf.flatMap((one) => namesOf(Object(one))) : []
}

/** Every answer that the operation is documented to give: its status, and for a problem which one. */
export const answersOf = ({ responses }: Operation): ReadonlyArray<string> =>
  Object.entries(responses).flatMap(([status, { content = {} }]) => {
    const problems = content[problemType] === undefined ? [] : namesOf(content[problemType].schema)
    return problems.length === 0 ? [status] : problems.map((name) => `${status} ${name}`)
  })

const isJson = (type: string) => type.endsWith("json")

const typeOf = ({ headers }: Answer) => (headers.get("content-type") ?? "").split(";")[0] ?? ""

const bodyOf = (answer: Answer): unknown => (isJson(typeOf(answer)) ? JSON.parse(answer.text) : answer.text)

/** What an answer is called in `answersOf`. */
export const nameOf = (answer: Answer) => {
  if (typeOf(answer) !== problemType) return String(answer.status)
  const { type } = Object(bodyOf(answer))
  const found = Object.entries(components.schemas).find(
    ([, { properties }]) => Object(properties).type?.enum?.[0] === type
  )
  return `${answer.status} ${found?.[0] ?? type}`
}

/** Server-sent events, each as the schema of the stream has it. */
const eventsOf = (stream: string) =>
  stream.split("\n\n").flatMap((block) => {
    const fields = block.split("\n").filter((line) => line !== "" && !line.startsWith(":"))
    return fields.length === 0
      ? []
      : [Object.fromEntries(fields.map((line) => [/^\w+/.exec(line)?.[0], line.replace(/^\w+: ?/, "")]))]
  })

const streamFaults = (answer: Answer, at: ReadonlyArray<string>) =>
  eventsOf(answer.text).flatMap((event) => [
    ...faultsAt(event, ...at),
    ...faultsAt(JSON.parse(event["data"] ?? "null"), ...at, "properties", "data", "contentSchema")
  ])

const contentFaults = (operation: Operation, answer: Answer, content: (typeof Documented.Type)["content"] = {}) => {
  const type = typeOf(answer)
  if (Object.keys(content).length === 0) return answer.text === "" ? [] : ["has a body that is not documented"]
  if (content[type] === undefined) return [`is ${type}, which is not documented`]
  const { method, path } = operation
  const at = ["paths", path, method.toLowerCase(), "responses", String(answer.status), "content", type, "schema"]
  return type === "text/event-stream" ? streamFaults(answer, at) : faultsAt(bodyOf(answer), ...at)
}

const headerFaults = ({ headers }: Answer, documented: (typeof Documented.Type)["headers"] = {}) =>
  Object.entries(documented).flatMap(([name, header]) => {
    const { required } = components.headers[header.$ref?.split("/").at(-1) ?? ""] ?? header
    return required === true && headers.get(name) === null ? [`lacks the header ${name}`] : []
  })

/** What is wrong with an answer by the document. */
export const faultsOf = (operation: Operation, answer: Answer): ReadonlyArray<string> => {
  const documented = operation.responses[String(answer.status)]
  const problem = nameOf(answer)
  if (documented === undefined || !answersOf(operation).includes(problem)) return [`${problem} is not documented`]
  return [...contentFaults(operation, answer, documented.content), ...headerFaults(answer, documented.headers)]
}

/** What is wrong with a body by the document, for one that the server has taken. */
export const bodyFaults = ({ method, path }: Operation, body: unknown) =>
  faultsAt(body, "paths", path, method.toLowerCase(), "requestBody", "content", "application/json", "schema")
