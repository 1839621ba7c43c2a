import { DeployFields } from "@deploys/core"
import { Api, SearchDeploys } from "@deploys/http/api"
import { assert, describe, it } from "@effect/vitest"
import { Validator } from "@seriousme/openapi-schema-validator"
import { Schema } from "effect"
import { OpenApi } from "effect/http-api"
import { checkExamples } from "./support/examples.ts"

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

const parameters = objects(at("paths", "/api/deploys", "get", "parameters")).filter((one) => one["in"] === "query")
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
      else assert.deepStrictEqual(Object(content)["application/json"].schema, inBody)
    }
    assert.deepStrictEqual(
      at("paths", "/api/deploys/search", "post", "requestBody", "content", "application/json", "schema"),
      {
        $ref: "#/components/schemas/SearchDeploys"
      }
    )
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

  it("has examples of bodies, rows and errors, each of which fits its schema", () => {
    const { faults, places } = checkExamples(document)
    assert.deepStrictEqual(faults, [])
    for (const name of ["Deploy", "DeployDetails", "DeployPage", "NotFound", "InvalidRequest", "InternalError"]) {
      assert.include(places, `/components/schemas/${name}`)
    }
    for (const path of ["", "/search", "/{id}/cancel", "/{id}/rollback"]) {
      assert.include(places, `/paths//api/deploys${path}/post/requestBody/content/application/json`)
    }
  })

  it("names what is on the wire and nothing of how it is made", () => {
    assert.notMatch(JSON.stringify(document), /Encoded"|x-effect/)
    assert.deepStrictEqual(at("components", "securitySchemes", "bearer"), { type: "http", scheme: "bearer" })
  })

  it("tells of a defect, and of the request's id, with every operation", () => {
    for (const [path, operations] of Object.entries(Object(at("paths")))) {
      for (const [method, operation] of Object.entries(Object(operations))) {
        const { parameters, responses } = Object(operation)
        assert.deepInclude(parameters, { $ref: "#/components/parameters/RequestId" }, `${method} ${path}`)
        assert.property(responses, "500", `${method} ${path}`)
        for (const response of Object.values(responses)) assert.property(Object(response).headers, "x-request-id")
      }
    }
  })

  it("lets the body of a cancel and of a rollback be left out", () => {
    for (const name of ["cancel", "rollback"]) {
      assert.deepInclude(at("paths", `/api/deploys/{id}/${name}`, "post", "requestBody"), { required: false })
    }
  })
})
