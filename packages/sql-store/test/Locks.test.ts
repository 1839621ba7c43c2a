import { type DeployMove, DeployStore } from "@deploys/core"
import { assert, describe, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import {
  activate,
  cancel,
  claim,
  completed,
  failed,
  freshEntityId,
  freshOwner,
  insert,
  move,
  newDeploy,
  read,
  type Run,
  settled,
  start,
  stepStarted,
  take
} from "../../../test/contract/deploy-store/fixture.ts"
import { available } from "../../../test/setup/database.ts"
import { onPostgres } from "../../../test/setup/sqlStore.ts"

/** Waits until so many sessions wait for a lock. */
const untilWaiting = Effect.fnUntraced(function* (count: number) {
  const sql = yield* SqlClient.SqlClient
  for (let attempt = 0; attempt < 400; attempt++) {
    const rows =
      yield* sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    if (rows.length >= count) return
    yield* TestClock.withLive(Effect.sleep("10 millis"))
  }
  return assert.fail("nobody waits for the lock")
})

/** Does something while another transaction, which did `before` and does `after`, has it wait for its locks. */
const against = Effect.fnUntraced(function* <A, E, R, E2, R2, E3 = never, R3 = never>(
  other: { readonly before: Effect.Effect<unknown, E2, R2>; readonly after?: Effect.Effect<unknown, E3, R3> },
  calls: ReadonlyArray<Effect.Effect<A, E, R>>,
  sessions = calls.length
) {
  const { after, before } = other
  const sql = yield* SqlClient.SqlClient
  const [locked, waited] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  const holder = yield* before.pipe(
    Effect.andThen(Deferred.succeed(locked, undefined)),
    Effect.andThen(Deferred.await(waited)),
    Effect.andThen(after ?? Effect.void),
    sql.withTransaction,
    Effect.forkChild({ startImmediately: true })
  )
  yield* Deferred.await(locked)
  const fibers = yield* Effect.forEach(calls, (call) => Effect.forkChild(call, { startImmediately: true }))
  yield* untilWaiting(sessions)
  yield* Deferred.succeed(waited, undefined)
  yield* Fiber.join(holder)
  return yield* Effect.forEach(fibers, Fiber.join)
})

const lockLane = Effect.fnUntraced(function* (run: Pick<Run, "deployId">) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`SELECT FROM deploys.lanes l JOIN deploys.deploys d USING (entity_id) WHERE d.id = ${run.deployId}
    FOR UPDATE OF l`
})

/** Does one thing that waits for the lock of a lane, and to its end another that needs no such lock. */
const whileLocked = Effect.fnUntraced(function* <A, E, R, B, E2, R2>(
  deployId: Run["deployId"],
  stuck: Effect.Effect<A, E, R>,
  free: Effect.Effect<B, E2, R2>
) {
  const sql = yield* SqlClient.SqlClient
  const [locked, released] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  const holder = yield* lockLane({ deployId }).pipe(
    Effect.andThen(Deferred.succeed(locked, undefined)),
    Effect.andThen(Deferred.await(released)),
    sql.withTransaction,
    Effect.forkChild({ startImmediately: true })
  )
  yield* Deferred.await(locked)
  const waits = yield* Effect.forkChild(stuck, { startImmediately: true })
  yield* untilWaiting(1)
  yield* free
  assert.isUndefined(waits.pollUnsafe(), "the lane is still locked")
  yield* Deferred.succeed(released, undefined)
  yield* Fiber.join(holder)
  return waits
})

const lockDeploy = Effect.fnUntraced(function* (run: Pick<Run, "deployId">) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`SELECT FROM deploys.deploys WHERE id = ${run.deployId} FOR UPDATE NOWAIT`
})

describe.skipIf(!available)("on a server", () => {
  layer(onPostgres)("the store on PostgreSQL", (it) => {
    const ends: ReadonlyArray<readonly [what: string, first: ReadonlyArray<DeployMove>, last: DeployMove]> = [
      ["completes", [], completed],
      ["fails and is settled", [], failed(true)],
      ["settles", [stepStarted(activate), failed(false)], settled]
    ]
    it.effect.each(ends)("locks the lane before the deploy that %s", ([, first, last]) =>
      Effect.gen(function* () {
        const run = yield* start()
        if (first.length > 0) yield* move(run, ...first)
        yield* against({ before: lockLane(run), after: lockDeploy(run) }, [move(run, last)])
      })
    )

    it.effect("locks the lane before the deploy that is claimed or cancelled", () =>
      Effect.gen(function* () {
        const run = yield* start()
        const calls = [Effect.asVoid(claim(run.deployId)), Effect.asVoid(cancel(run.deployId))]
        for (const call of calls) yield* against({ before: lockLane(run), after: lockDeploy(run) }, [call])
      })
    )

    it.effect("locks the lane before the deploys that a newer one supersedes", () =>
      Effect.gen(function* () {
        const store = yield* DeployStore
        const run = yield* start()
        const { entityId } = (yield* read(run.deployId)).deploy
        const newer = store.insert(yield* newDeploy({ entityId }), { queuePolicy: "replace" })
        yield* against({ before: lockLane(run), after: lockDeploy(run) }, [newer])
        assert.strictEqual((yield* read(run.deployId)).deploy.failureCode, "superseded")
      })
    )

    it.effect("lets an owner's two claims at once both be answered", () =>
      Effect.gen(function* () {
        const deploy = yield* insert()
        const owner = yield* freshOwner
        const asked = claim(deploy.id, { owner })
        // The second of them waits in this process for the first.
        const won = yield* against({ before: lockLane({ deployId: deploy.id }) }, [asked, asked], 1)
        assert.isTrue(won.some(Option.isSome))
        assert.strictEqual((yield* read(deploy.id)).deploy.status, "running")
      })
    )

    it.effect("lets nobody else wait for a claim or a move whose rows are locked", () =>
      Effect.gen(function* () {
        const [locked, other] = [yield* insert(), yield* insert()]
        const [run, next] = [yield* start(), yield* start()]
        const cases = [
          { lane: locked.id, stuck: Effect.asVoid(take(locked.id)), free: Effect.asVoid(take(other.id)) },
          { lane: run.deployId, stuck: Effect.asVoid(move(run, completed)), free: Effect.asVoid(move(next, completed)) }
        ]
        for (const { free, lane, stuck } of cases) {
          const fiber = yield* whileLocked(lane, stuck, free)
          yield* Fiber.join(fiber)
        }
      })
    )

    it.effect("keeps a hold that was put while a deploy waited to complete", () =>
      Effect.gen(function* () {
        const store = yield* DeployStore
        const entityId = yield* freshEntityId
        const run = yield* start({ entityId })
        const auto = yield* insert({ entityId, trigger: "auto" })
        const hold = { by: "grace", reason: "broken" }
        const rollback = store.insert(yield* newDeploy({ entityId, trigger: "rollback" }), { hold })
        yield* against({ before: rollback }, [move(run, completed)])
        assert.deepInclude(Option.getOrThrow(yield* store.lane(entityId)).hold, hold)
        assert.isTrue(Option.isNone(yield* claim(auto.id)))
      })
    )

    it.effect("does not claim what was held while it waited", () =>
      Effect.gen(function* () {
        const store = yield* DeployStore
        const entityId = yield* freshEntityId
        const auto = yield* insert({ entityId, trigger: "auto" })
        const back = yield* newDeploy({ entityId, trigger: "rollback" })
        const rollback = store.insert(back, { hold: { by: "grace", reason: null } })
        const [won] = yield* against({ before: rollback }, [claim(auto.id)])
        assert.isTrue(won !== undefined && Option.isNone(won))
        yield* take(back.id)
      })
    )
  })
})
