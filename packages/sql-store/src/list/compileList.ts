import type { QueryPlan } from "@deploys/core"
import type { Database } from "../internal/Database.ts"
import { Deferred, type ListDatabase } from "./ListDatabase.ts"
import { listDeploys } from "./listDeploys.ts"
import { type Shape, shapeOf } from "./shape.ts"

/** A statement with its parameters. */
export type Compiled = readonly [text: string, parameters: ReadonlyArray<unknown>]

/** A few kilobytes each. */
const most = 500

/**
 * Compiles lists. What is made of a shape of plans is kept, the last ones used of at most 500: of a plan whose shape is
 * known only the values are looked at.
 */
export const makeListCompiler = (db: Database) => {
  const known = new Map<string, Compiled>()
  const compile = (plan: QueryPlan): Compiled => {
    const shape = shapeOf(plan)
    const [text, parameters] = known.get(shape.key) ?? listDeploys(deferring(db, shape), shape.plan).compile()
    // The last one used stands last.
    known.delete(shape.key)
    known.set(shape.key, [text, parameters])
    const [oldest] = known.keys()
    if (known.size > most && oldest !== undefined) known.delete(oldest)
    return [text, fill(parameters, shape)]
  }
  return { compile, size: () => known.size }
}

const deferring = (db: Database, { standIns }: Shape): ListDatabase => ({
  ...db,
  parameter: (value, encode) => {
    const at = standIns.get(value)
    return at === undefined ? encode(value) : new Deferred(at, encode)
  }
})

const fill = (parameters: ReadonlyArray<unknown>, { values }: Shape) =>
  parameters.map((parameter) =>
    parameter instanceof Deferred ? Reflect.apply(parameter.encode, undefined, [values[parameter.at]]) : parameter
  )
