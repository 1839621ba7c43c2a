import { Schema, SchemaTransformation } from "effect"
import { Faults } from "./Faults.ts"
import { decodeFilter } from "./FilterDecoder.ts"
import { filterShape } from "./FilterSchema.ts"
import type { FilterOf } from "./FilterSyntax.ts"
import { Input } from "./Input.ts"

/**
 * Which deploys a list is to hold, as a request writes it.
 *
 * All that stands side by side is ANDed. The logic is two-valued: a comparison with null does not hold, `NOT`, `ne` and
 * `notIn` are exact complements, and so let null through. At most 8 levels, 200 filters and operators, 1,000 values in a
 * list.
 */
export type DeployFilter = FilterOf<"deploy">

const isDeployFilter = (input: unknown): input is DeployFilter => {
  const faults = new Faults()
  decodeFilter(new Input(input, faults))
  return faults.none
}

/** Which deploys a list is to hold, as a request writes it. Its JSON Schema is derived from `DeployFields`. */
export const DeployFilter = Schema.declare(isDeployFilter, {
  expected: "a filter of deploys",
  toCodecJson: () =>
    Schema.link<DeployFilter>()(filterShape, SchemaTransformation.passthrough<DeployFilter, unknown>({ strict: false }))
})
