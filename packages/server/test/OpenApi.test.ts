import { assert, describe, it } from "@effect/vitest"
import { Validator } from "@seriousme/openapi-schema-validator"
import { checkExamples } from "../../http/test/support/examples.ts"
import { operations, text } from "./conformance/Document.ts"

describe("the OpenAPI document of the server", () => {
  it("is valid OpenAPI 3.1", async () => {
    assert.deepStrictEqual(await new Validator().validate(JSON.parse(text)), { valid: true })
  })

  it("has examples of all that is sent as JSON and of every problem, which fit their schemas", () => {
    const document = JSON.parse(text)
    const { faults, places } = checkExamples(document)
    assert.deepStrictEqual(faults, [])
    for (const { method, path, requestBody } of operations) {
      const schema = requestBody?.content["application/json"]?.schema
      if (schema === undefined) continue
      const inPlace = `/paths/${path}/${method.toLowerCase()}/requestBody/content/application/json`
      const named = String(schema["$ref"]).slice(1)
      assert.isTrue(places.includes(inPlace) || places.includes(named), `${method} ${path}`)
    }
    const problems = Object.entries(document.components.schemas).filter(([, schema]) =>
      JSON.stringify(schema).includes('"urn:problem-type:')
    )
    assert.isAtLeast(problems.length, 15)
    for (const [name] of problems) assert.include(places, `/components/schemas/${name}`)
  })
})
