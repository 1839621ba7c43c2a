import { isOver } from "@deploys/core"
import type { Invariant } from "./Invariant.ts"

/** What was answered is there, and what was not is there at most once. */
const answeredStays: Invariant = {
  number: 19,
  *breaches({ asked, byDeploy, calls, rows }) {
    const ids = rows.map(({ record }) => record.deploy.id)
    for (const ask of asked)
      if (ask.what === "create" && ask.deployId !== null && !ids.includes(ask.deployId))
        yield `${ask.deployId} was answered and is not there`
    for (const call of calls)
      if (call.op === "insert" && !ids.includes(call.deployId)) yield `${call.deployId} was inserted and is not there`
    for (const id of new Set(ids)) {
      const written = byDeploy.get(id)?.filter(({ wrote }) => wrote.some(({ type }) => type === "deploy.created"))
      if (written?.length !== 1 || ids.filter((other) => other === id).length !== 1)
        yield `${id} was inserted ${written?.length} times`
    }
  }
}

/** Once faults have ended, everything comes to its end. */
const liveness: Invariant = {
  number: 21,
  *breaches({ rows }) {
    for (const { record } of rows)
      if (!isOver(record.deploy))
        yield `${record.deploy.id} of ${record.deploy.entityId} is ${record.deploy.status} for ever`
  }
}

/** Nothing is left behind. */
const noLeaks: Invariant = {
  number: 22,
  breaches: ({ leaks }) => leaks
}

/** Durability. */
export const durability: ReadonlyArray<Invariant> = [answeredStays, liveness, noLeaks]
