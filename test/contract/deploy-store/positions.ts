import { type DeployId, DeployStore, type EventPosition, type Timestamp } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Cases } from "./fixture.ts"
import { completed, failed, freshDeployId, insert, logged, move, start, stepStarted, upload } from "./fixture.ts"

const of = (positions: ReadonlyArray<EventPosition>, ids: ReadonlyArray<DeployId>) =>
  positions.filter(({ deployId }) => ids.includes(deployId))

const day = 86_400_000

/** `eventsOf`, `openPositions`, `createdPositions`. */
export const positionsCases: Cases = (it, pass) => {
  it.effect("reads events of several deploys above a number each, up to a limit in all", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const [one, other] = yield* Effect.all([start(), start()])
      yield* move(one, logged("a"), logged("b"))
      yield* move(other, logged("c"))
      const read = (limit: number) =>
        Effect.gen(function* () {
          const deploys = [
            { deployId: other.deployId, after: 2 },
            { deployId: yield* freshDeployId, after: 0 },
            { deployId: one.deployId, after: 1 }
          ]
          const events = yield* store.eventsOf({ deploys, limit })
          return events.map(({ deployId, sequence }) => `${deployId === one.deployId ? "one" : "other"} ${sequence}`)
        })
      assert.deepStrictEqual(yield* read(100), ["other 3", "one 2", "one 3", "one 4"])
      assert.deepStrictEqual(yield* read(2), ["other 3", "one 2"])
      assert.deepStrictEqual(yield* store.eventsOf({ deploys: [], limit: 10 }), [])
    })
  )

  it.effect("tells the positions of what is not over, and of what has just been created", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const pending = yield* insert()
      const [running, settling, over] = yield* Effect.all([start(), start(), start()])
      yield* move(settling, stepStarted(upload))
      yield* move(settling, failed(false))
      yield* move(over, completed)
      const ids = [pending.id, running.deployId, settling.deployId, over.deployId]
      const young = yield* store.openPositions(day)
      assert.deepStrictEqual(
        of(young.positions, ids)
          .toSorted((a, b) => ids.indexOf(a.deployId) - ids.indexOf(b.deployId))
          .map(({ isOver, lastEvent }) => [isOver, lastEvent]),
        [
          [false, 1],
          [false, 2],
          [false, 4],
          [true, 3]
        ]
      )
      yield* pass(50)
      const old = yield* store.openPositions(0)
      assert.sameMembers(
        of(old.positions, ids).map(({ deployId }) => deployId),
        ids.slice(0, 3)
      )
      assert.isAbove(Date.parse(old.horizon) - Date.parse(young.horizon), day - 1)
      assert.deepInclude(of(old.positions, [pending.id])[0], {
        workspaceId: pending.workspaceId,
        entityId: pending.entityId,
        createdAt: pending.createdAt
      })
    })
  )

  it.effect("tells the positions in the order of creation, from behind a place up to the horizon", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const first = yield* insert()
      yield* pass(20)
      const [second, third] = [yield* insert(), yield* insert()]
      yield* pass(20)
      const walk = (behind: { readonly createdAt: Timestamp; readonly id: string }, limit: number, lagMillis = 0) =>
        Effect.map(store.createdPositions({ behind, lagMillis, limit }), ({ positions }) =>
          positions.map(({ deployId }) => deployId)
        )
      const inOrder = [second, third]
        .toSorted((a, b) => (`${a.createdAt}${a.id}` < `${b.createdAt}${b.id}` ? -1 : 1))
        .map(({ id }) => id)
      assert.deepStrictEqual(yield* walk(first, 10), inOrder)
      assert.deepStrictEqual(yield* walk(first, 1), inOrder.slice(0, 1))
      assert.deepStrictEqual(yield* walk({ createdAt: first.createdAt, id: "" }, 1), [first.id])
      assert.deepStrictEqual(yield* walk(first, 10, day), [])
    })
  )
}
