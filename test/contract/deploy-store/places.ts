import { type DeployId, DeployStore, type StoreChange, type WorkspaceId } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import type { Passage } from "../passage.ts"
import type { Cases } from "./fixture.ts"
import {
  cancel,
  claim,
  completed,
  expire,
  failed,
  freshOwner,
  freshWorkspaceId,
  insert,
  move,
  release,
  type Run,
  settled,
  take
} from "./fixture.ts"

const maxRunningPerWorkspace = 2

/** Deploys of entities of their own in one workspace. */
const insertMany = (workspaceId: WorkspaceId, count: number) =>
  Effect.all(Array.from({ length: count }, () => insert({ workspaceId })))

/** The same, one some time after the other. */
const insertInTurn = (workspaceId: WorkspaceId, count: number, pass: Passage) =>
  Effect.all(Array.from({ length: count }, () => Effect.tap(insert({ workspaceId }), pass(2))))

/** Those of these deploys that are offered, in that order. */
const offered = Effect.fnUntraced(function* (
  deploys: ReadonlyArray<{ readonly id: DeployId }>,
  given: { readonly maxRunningPerWorkspace?: number } = { maxRunningPerWorkspace }
) {
  const store = yield* DeployStore
  const all = yield* store.claimable({ owner: yield* freshOwner, limit: 100_000, ...given })
  return all.filter((id) => deploys.some((deploy) => deploy.id === id))
})

const idsOf = (deploys: ReadonlyArray<{ readonly id: DeployId } | undefined>) =>
  deploys.flatMap((deploy) => deploy?.id ?? [])

/** A workspace in which as many deploys are at work as may be, and one waits. */
const full = Effect.gen(function* () {
  const workspaceId = yield* freshWorkspaceId
  const deploys = yield* insertMany(workspaceId, maxRunningPerWorkspace + 1)
  const runs = yield* Effect.forEach(deploys.slice(0, -1), ({ id }) => take(id, { maxRunningPerWorkspace }))
  const { 0: run } = runs
  const last = deploys.at(-1)
  if (run === undefined || last === undefined) return assert.fail("there are some")
  return { run, last }
})

const isRefused = (id: DeployId) => Effect.map(claim(id, { maxRunningPerWorkspace }), Option.isNone)

const claimsCases: Cases = (it, pass) => {
  it.effect("claims no more deploys of a workspace than it has places", () =>
    Effect.gen(function* () {
      const { last, run } = yield* full
      const store = yield* DeployStore
      assert.isTrue(yield* isRefused(last.id))
      assert.strictEqual(Option.getOrThrow(yield* store.find(last.id)).deploy.status, "pending")
      yield* move(run, completed)
      yield* take(last.id, { maxRunningPerWorkspace })
    })
  )

  it.effect("lets the claims that come at once have the places that are left, and no more", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const workspaceId = yield* freshWorkspaceId
      const deploys = yield* insertMany(workspaceId, 12)
      const won = yield* Effect.all(
        deploys.map(({ id }) => claim(id, { maxRunningPerWorkspace: 5 })),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(won.filter(Option.isSome), 5)
      const rows = yield* Effect.forEach(deploys, ({ id }) => store.find(id))
      const running = rows.filter((row) => Option.getOrThrow(row).deploy.status === "running")
      assert.lengthOf(running, 5)
    })
  )

  it.effect("counts the deploys of one workspace alone", () =>
    Effect.gen(function* () {
      yield* full
      const other = yield* insert()
      yield* take(other.id, { maxRunningPerWorkspace: 1 })
    })
  )

  it.effect("keeps the place of a deploy that settles until it is settled", () =>
    Effect.gen(function* () {
      const { last, run } = yield* full
      yield* move(run, failed(false))
      assert.isTrue(yield* isRefused(last.id))
      const again = yield* take(run.deployId, { owner: run.owner, maxRunningPerWorkspace })
      yield* move(again, settled)
      yield* take(last.id, { maxRunningPerWorkspace })
    })
  )

  it.effect("keeps the place of a deploy that nobody holds, and lets it be claimed", () =>
    Effect.gen(function* () {
      const { last, run } = yield* full
      yield* expire(run, pass)
      assert.isTrue(yield* isRefused(last.id))
      const other = yield* take(run.deployId, { maxRunningPerWorkspace })
      yield* release(other)
      assert.isTrue(yield* isRefused(last.id))
      yield* take(run.deployId, { maxRunningPerWorkspace })
    })
  )

  it.effect("counts what was claimed without a limit", () =>
    Effect.gen(function* () {
      const workspaceId = yield* freshWorkspaceId
      const [one, two, three] = idsOf(yield* insertMany(workspaceId, 3))
      if (one === undefined || two === undefined || three === undefined) return assert.fail("there are three")
      yield* take(one)
      yield* take(two)
      assert.isTrue(yield* isRefused(three))
      yield* take(three)
    })
  )
}

const tellsReady = Effect.fnUntraced(function* (run: Run, free: Effect.Effect<unknown, unknown, DeployStore>) {
  const store = yield* DeployStore
  const heard: Array<StoreChange> = []
  yield* store.changes.pipe(
    Stream.runForEach((change) => Effect.sync(() => heard.push(change))),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* free
  yield* Effect.yieldNow
  assert.include(
    heard.map(({ kind }) => kind),
    "ready",
    run.deployId
  )
})

const freedCases: Cases = (it) => {
  it.effect("tells of each place that is freed as ready", () =>
    Effect.gen(function* () {
      for (const end of ["completed", "failed", "cancelled", "settled"] as const) {
        const { run } = yield* full
        if (end === "completed") yield* tellsReady(run, move(run, completed))
        else if (end === "failed") yield* tellsReady(run, move(run, failed(true)))
        else if (end === "cancelled") yield* tellsReady(run, cancel(run.deployId))
        else {
          yield* move(run, failed(false))
          const again = yield* take(run.deployId, { owner: run.owner })
          yield* tellsReady(run, move(again, settled))
        }
      }
    })
  )

  it.effect("says that a deploy waits for capacity while its workspace is full", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const { last } = yield* full
      const next = yield* insert({ workspaceId: last.workspaceId, entityId: last.entityId })
      const waiting = yield* Effect.forEach([last, next], ({ id }) => Effect.map(store.waiting(id), Option.getOrThrow))
      assert.deepStrictEqual(
        waiting.map((each) => [each.for, each.position]),
        [
          ["capacity", 1],
          ["deploy", 2]
        ]
      )
    })
  )
}

const offersCases: Cases = (it, pass) => {
  it.effect("offers nothing pending of a full workspace, and as much of another as it has places", () =>
    Effect.gen(function* () {
      const { last, run } = yield* full
      assert.deepStrictEqual(yield* offered([last]), [])
      assert.deepStrictEqual(yield* offered([last], {}), [last.id])
      const others = yield* insertInTurn(yield* freshWorkspaceId, 4, pass)
      assert.deepStrictEqual(yield* offered(others), idsOf(others.slice(0, 2)))
      yield* move(run, completed)
      assert.deepStrictEqual(yield* offered([last]), [last.id])
    })
  )

  it.effect("offers a deploy at work whose lease is free before all others, also of a full workspace", () =>
    Effect.gen(function* () {
      const { run } = yield* full
      const other = yield* insert()
      yield* release(run)
      assert.deepStrictEqual(yield* offered([{ id: run.deployId }, other]), [run.deployId, other.id])
    })
  )

  it.effect("lets a workspace with one deploy go before what a busy one had ready long before", () =>
    Effect.gen(function* () {
      const busy = yield* freshWorkspaceId
      const [first, second, third, fourth] = yield* insertInTurn(busy, 4, pass)
      const late = yield* insert()
      if (first === undefined) return assert.fail("there are four")
      yield* take(first.id)
      const ids = yield* offered(
        idsOf([second, third, fourth, late]).map((id) => ({ id })),
        {}
      )
      assert.deepStrictEqual(ids, idsOf([late, second, third, fourth]))
    })
  )

  it.effect("lets workspaces take turns", () =>
    Effect.gen(function* () {
      const ofOne = yield* insertInTurn(yield* freshWorkspaceId, 3, pass)
      const ofTwo = yield* insertInTurn(yield* freshWorkspaceId, 2, pass)
      const wanted = [ofOne[0], ofTwo[0], ofOne[1], ofTwo[1], ofOne[2]]
      assert.deepStrictEqual(yield* offered([...ofOne, ...ofTwo], {}), idsOf(wanted))
    })
  )
}

/** `claim` and `claimable` with `maxRunningPerWorkspace`, and the turns of workspaces. */
export const placesCases: Cases = (it, pass) => {
  claimsCases(it, pass)
  freedCases(it, pass)
  offersCases(it, pass)
}
