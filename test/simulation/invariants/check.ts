import type { History } from "../History.ts"
import { durability } from "./durability.ts"
import { type Invariant, trailOf } from "./Invariant.ts"
import { order } from "./order.ts"
import { status } from "./status.ts"
import { steps } from "./steps.ts"
import { target } from "./target.ts"
import { writing } from "./writing.ts"

/** A place where a history breaks an invariant. */
export interface Breach {
  readonly number: number
  readonly says: string
}

/** All invariants that apply to the engine as it is, in the order of their numbers. */
export const invariants: ReadonlyArray<Invariant> = [
  ...status,
  ...writing,
  ...order,
  ...steps,
  ...durability,
  ...target
].toSorted((one, other) => one.number - other.number)

/** Every breach of an invariant in this history. */
export const check = (history: History): ReadonlyArray<Breach> => {
  const trail = trailOf(history)
  return invariants.flatMap(({ breaches, number }) => [...breaches(trail)].map((says) => ({ number, says })))
}
