import { assert, it } from "@effect/vitest"
import { inject } from "vitest"

it("the run provides a PostgreSQL or says why there is none", () => {
  assert.hasAnyKeys(inject("postgres"), ["url", "missing"])
})
