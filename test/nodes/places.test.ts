import { makeStep } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Database from "../setup/database.ts"
import { fill, node, untilCompleted } from "./Work.ts"

const maxRunningPerWorkspace = 2

/** A step that counts, over all nodes of this process, how many deploys of a workspace are at it. */
const counting = () => {
  const atWork = new Map<string, number>()
  const most = new Map<string, number>()
  const add = (workspaceId: string, change: number) =>
    Effect.sync(() => {
      const now = (atWork.get(workspaceId) ?? 0) + change
      atWork.set(workspaceId, now)
      most.set(workspaceId, Math.max(now, most.get(workspaceId) ?? 0))
    })
  const step = makeStep({
    name: "one",
    output: Schema.Null,
    run: ({ deploy: { workspaceId } }) =>
      Effect.acquireUseRelease(
        add(workspaceId, 1),
        () => Effect.as(Effect.sleep("20 millis"), null),
        () => add(workspaceId, -1)
      )
  })
  return { most, step }
}

describe.skipIf(!Database.available)("two nodes on one PostgreSQL", () => {
  it.live("hold the limit of each workspace together, and run everything", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      yield* fill(url, 60)
      const { most, step } = counting()
      const nodes = [1, 2].map(() => Layer.build(node(url, { maxRunningPerWorkspace, maxRunning: 16 }, step)))
      yield* Effect.scoped(Effect.andThen(Effect.all(nodes), untilCompleted(url)))
      assert.strictEqual(most.size, 10)
      assert.deepStrictEqual(
        [...most].filter(([, count]) => count > maxRunningPerWorkspace),
        []
      )
    })
  )
})
