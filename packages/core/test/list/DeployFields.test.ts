import {
  Build,
  Deploy,
  DeployStep,
  describeResource,
  Entity,
  type Field,
  SourceEvent,
  Version,
  Workspace
} from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Record, Schema } from "effect"

const domain = {
  deploy: Deploy,
  step: DeployStep,
  workspace: Workspace,
  entity: Entity,
  build: Build,
  version: Version,
  sourceEvent: SourceEvent
}

const samples: { readonly [K in Field.Kind]: ReadonlyArray<unknown> } = {
  id: ["a b"],
  enum: ["no such value"],
  boolean: ["true", 0],
  text: [1],
  number: ["1", 1.5],
  time: ["2026-11-24", 0],
  json: [undefined, 1n]
}

describe.each(Record.keys(domain))("the description of %s", (name) => {
  const described = describeResource(name)
  const fields = [...described.fields.values()]
  const schemas = new Map(Object.entries<Schema.Codec<unknown, unknown>>(domain[name].fields))

  it("has the fields of the domain and no others", () => {
    assert.deepStrictEqual([...described.fields.keys()].toSorted(), [...schemas.keys()].toSorted())
  })

  it.each(fields.map((field) => [field.name, field] as const))("takes for %s what the domain takes", (_, field) => {
    const takes = Schema.is(schemas.get(field.name) ?? Schema.Never)
    assert.strictEqual(field.nullable, takes(null))
    for (const literal of field.literals) assert.isTrue(takes(literal))
    for (const sample of samples[field.kind]) assert.isFalse(takes(sample), String(sample))
  })

  it("leads only to fields that exist", () => {
    for (const { foreign, local, target } of described.relations.values()) {
      assert.isTrue(described.fields.has(local))
      assert.isTrue(describeResource(target).fields.has(foreign))
    }
  })
})
