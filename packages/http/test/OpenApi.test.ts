import { DeployFields } from "@deploys/core"
import { Api, SearchDeploys } from "@deploys/http/api"
import { assert, describe, it } from "@effect/vitest"
import { Validator } from "@seriousme/openapi-schema-validator"
import { Schema } from "effect"
import { OpenApi } from "effect/http-api"

const spec = OpenApi.fromApi(Api)

const Json = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))

/** The document as a reader of `/openapi.json` has it. */
const document = Schema.decodeUnknownSync(Json)(JSON.stringify(spec))

const at = (...keys: ReadonlyArray<string>) =>
  keys.reduce<unknown>(
    (value, key) => (typeof value === "object" && value ? Reflect.get(value, key) : undefined),
    document
  )

const objects = Schema.decodeUnknownSync(Schema.Array(Schema.Record(Schema.String, Schema.Unknown)))
const keysAt = (...keys: ReadonlyArray<string>) =>
  Object.keys(Schema.decodeUnknownSync(Json)(JSON.stringify(at(...keys))))

const parameters = objects(at("paths", "/api/deploys", "get", "parameters"))
const parameter = (name: string) => parameters.find((one) => one["name"] === name) ?? assert.fail(name)

/** Every `$ref` in a part of the document. */
const references = (value: unknown): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : references(inner)
  )
}

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3.1", async () => {
    assert.deepStrictEqual(await new Validator().validate(structuredClone(document)), { valid: true })
    assert.match(String(document["openapi"]), /^3\.1\./)
  })

  it("holds whatever it refers to", () => {
    const missing = references(document).filter((reference) => at(...reference.slice(2).split("/")) === undefined)
    assert.deepStrictEqual(missing, [])
  })

  it("describes every parameter of the list as the body of a search has it", () => {
    const names = Object.keys(SearchDeploys.fields)
    assert.deepStrictEqual(
      parameters.map(({ name }) => name),
      names
    )
    for (const name of names) {
      const { content, description, schema } = parameter(name)
      const inBody = at("components", "schemas", "SearchDeploys", "properties", name)
      assert.isNotEmpty(description ?? "", name)
      if (content === undefined) assert.deepInclude(inBody, Object(schema))
      else assert.deepStrictEqual(content, { "application/json": { schema: inBody } })
    }
    assert.deepStrictEqual(at("paths", "/api/deploys/search", "post", "requestBody", "content"), {
      "application/json": { schema: { $ref: "#/components/schemas/SearchDeploys" } }
    })
  })

  it("says how several ids and how JSON are written in a query", () => {
    assert.deepInclude(parameter("ids"), { style: "form", explode: false })
    for (const name of ["filter", "orderBy"]) assert.hasAllKeys(parameter(name)["content"], ["application/json"])
  })

  it("has every field and relation of every resource in a filter's schema", () => {
    const title = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}Filter`
    for (const [name, { fields, relations }] of Object.entries(DeployFields)) {
      const expected = [...Object.keys(fields), ...Object.keys(relations), "AND", "OR", "NOT"]
      assert.deepStrictEqual(keysAt("components", "schemas", title(name), "properties"), expected)
    }
  })
})
