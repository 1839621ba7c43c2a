import { layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Served from "../support/Served.ts"
import { badFields } from "./badFilters.ts"
import { refuses } from "./refusal.ts"

/** One field of each kind has each of its faults asked for by itself; the others have theirs together. */
const oneOfEachKind = badFields.filter(({ kind }, i) => badFields.findIndex((other) => other.kind === kind) === i)

layer(Served.layer)("a bad filter over HTTP", (it) => {
  it.effect.each(oneOfEachKind)("of $field, the first $kind, is a 400 that points to its one fault", ({ alone }) =>
    Effect.forEach(alone, refuses)
  )

  it.effect.each(badFields)("of $field is a 400 that points to all faults at once", ({ together }) =>
    Effect.forEach(together, refuses)
  )
})
