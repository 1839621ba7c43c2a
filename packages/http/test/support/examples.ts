import { Ajv2020 } from "ajv/dist/2020.js"

type Example = readonly [path: string, schema: object, example: unknown]

/** Examples with the schemas that they are of, by where they stand. */
const examples = (value: unknown, path = ""): ReadonlyArray<Example> => {
  if (typeof value !== "object" || value === null || /[/]examples?([/]|$)/.test(path)) return []
  const { example, examples: several, schema } = Object(value)
  const own = Array.isArray(several)
    ? several.map((one) => [path, value, one] as const)
    : Object.values(several ?? {}).map((one) => [path, schema, Object(one).value] as const)
  return [
    ...(example === undefined ? [] : [[path, schema, example] as const]),
    ...own,
    ...Object.entries(value).flatMap(([key, inner]) => examples(inner, `${path}/${key}`))
  ]
}

/** Where an OpenAPI document has examples, and which of them don't fit the schema that they are of. */
export const checkExamples = (document: object) => {
  const ajv = new Ajv2020({ strict: false, formats: { "date-time": true } })
  ajv.addSchema(document, "document")
  const found = examples(document)
  const faults = found.flatMap(([path, schema, example]) => {
    const resolved = JSON.parse(JSON.stringify(schema).replaceAll(`"#/`, `"document#/`))
    return ajv.validate(resolved, example) ? [] : [`${path}: ${ajv.errorsText()}`]
  })
  return { faults, places: found.map(([path]) => path) }
}
