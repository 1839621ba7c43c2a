import { DeployMove, DeployStore, type StoreChange } from "@deploys/core"
import { assert, describe, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option, Schedule, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import {
  cancel,
  claim,
  history,
  insert,
  logged,
  move,
  newDeploy,
  read,
  request,
  start,
  stepCompleted,
  stepStarted,
  take,
  upload
} from "../../../test/contract/deploy-store/fixture.ts"
import { available } from "../../../test/setup/database.ts"
import { onPglite, onPostgres } from "../../../test/setup/sqlStore.ts"

/** Makes the database refuse every event of a deploy, as a bug or a bad row would. */
const refuseEventsOf = Effect.fnUntraced(function* (deployId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE deploys.deploy_events ADD CONSTRAINT refused
    CHECK (deploy_id <> ${sql.literal(`'${deployId}'`)}) NOT VALID`
  yield* Effect.addFinalizer(() => Effect.orDie(sql`ALTER TABLE deploys.deploy_events DROP CONSTRAINT refused`))
})

/** Ends the session that waits for a lock, as soon as there is one. */
const killWaiting = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`
  if (rows.length !== 1) return yield* Effect.fail("nobody waits yet")
}).pipe(Effect.retry({ schedule: Schedule.spaced("20 millis"), times: 200 }), TestClock.withLive)

/** How many rows of steps have been updated, and how many of them in place, where no index is written. */
const updatesOfSteps = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`SELECT pg_stat_force_next_flush()`
  const [row] = yield* sql<{ all: number; inPlace: number }>`
    SELECT n_tup_upd::int AS all, n_tup_hot_upd::int AS "inPlace" FROM pg_stat_user_tables WHERE relname = 'deploy_steps'`
  return row ?? { all: 0, inPlace: 0 }
})

/** Rows of steps and of events, of the deploys that are there and of others. */
const belongings = SqlClient.SqlClient.use(
  (sql) => sql<{ orphans: number; others: number }>`
    SELECT count(*) FILTER (WHERE d.id IS NULL)::int AS orphans, count(d.id)::int AS others
    FROM (SELECT deploy_id FROM deploys.deploy_steps UNION ALL SELECT deploy_id FROM deploys.deploy_events) row
    LEFT JOIN deploys.deploys d ON d.id = row.deploy_id`
).pipe(Effect.map(([row]) => row ?? { orphans: -1, others: -1 }))

/** What a host does that keeps deploys for some time only. */
const takesItsBelongingsAlong = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* start()
  const { orphans, others } = yield* belongings
  assert.strictEqual(orphans, 0)
  const old = [yield* start(), yield* start()]
  assert.isAbove((yield* belongings).others, others)
  yield* sql`DELETE FROM deploys.deploys WHERE ${sql.in(
    "id",
    old.map(({ deployId }) => deployId)
  )}`
  assert.deepStrictEqual(yield* belongings, { orphans: 0, others })
})

layer(onPglite)("the store on PGlite", (it) => {
  it.effect("has the steps and events of deleted deploys go with them", () => takesItsBelongingsAlong)

  it.effect("writes no index when a step begins or completes", () =>
    Effect.gen(function* () {
      const before = yield* updatesOfSteps
      for (let n = 0; n < 10; n++) {
        const run = yield* start()
        yield* move(run, stepStarted(upload))
        yield* move(run, stepCompleted(upload))
      }
      const after = yield* updatesOfSteps
      assert.strictEqual(after.all - before.all, 20)
      // Some find no room on their page.
      assert.isAtLeast(after.inPlace - before.inPlace, 15)
    })
  )

  it.effect("does not let one bad row keep its neighbours from landing", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const runs = yield* Effect.all(Array.from({ length: 5 }, () => start()))
      const [, , bad] = runs
      if (bad === undefined) return assert.fail("there are five")
      yield* refuseEventsOf(bad.deployId)
      const answers = yield* Effect.all(
        runs.map((run) => Effect.result(store.move([request(run, [logged("line")])]))),
        { concurrency: "unbounded" }
      )
      for (const [index, run] of runs.entries()) {
        const answer = answers[index]
        if (run !== bad) assert.strictEqual(answer?._tag === "Success" && answer.success[0]?._tag, "Applied")
        else assert.strictEqual(answer?._tag === "Failure" && answer.failure._tag, "StoreError")
        assert.lengthOf(yield* history(run.deployId), run === bad ? run.after : run.after + 1)
      }
    })
  )

  it.effect("does not let one claim that the database refuses keep the others from being won", () =>
    Effect.gen(function* () {
      const deploys = yield* Effect.all(Array.from({ length: 5 }, () => insert()))
      const [, , bad] = deploys
      if (bad === undefined) return assert.fail("there are five")
      yield* refuseEventsOf(bad.id)
      const answers = yield* Effect.all(
        deploys.map(({ id }) => Effect.result(claim(id, { startFirstStep: true }))),
        { concurrency: "unbounded" }
      )
      for (const [index, deploy] of deploys.entries()) {
        const answer = answers[index]
        if (deploy === bad) assert.strictEqual(answer?._tag === "Failure" && answer.failure._tag, "StoreError")
        else assert.isTrue(answer?._tag === "Success" && Option.isSome(answer.success))
        assert.strictEqual((yield* read(deploy.id)).deploy.status, deploy === bad ? "pending" : "running")
      }
    })
  )

  it.effect("wins the claims that come at once in few transactions, steps and events with them", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const deploys = yield* Effect.all(Array.from({ length: 20 }, () => insert()))
      yield* Effect.all(
        deploys.map(({ id }) => take(id, { startFirstStep: true })),
        { concurrency: "unbounded" }
      )
      const ids = deploys.map(({ id }) => id)
      const rows = yield* sql`SELECT DISTINCT xmin::text FROM deploys.deploys WHERE id = ANY (${ids}::text[])
        UNION SELECT xmin::text FROM deploys.deploy_steps WHERE deploy_id = ANY (${ids}::text[])
        UNION SELECT xmin::text FROM deploys.deploy_events WHERE deploy_id = ANY (${ids}::text[]) AND sequence > 1`
      assert.isAtMost(rows.length, 2)
    })
  )

  it.effect("lands the moves that gather while another commits in one transaction", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const runs = yield* Effect.all(Array.from({ length: 20 }, () => start()))
      yield* Effect.all(
        runs.map((run) => move(run, stepStarted(upload))),
        { concurrency: "unbounded" }
      )
      const ids = runs.map(({ deployId }) => deployId)
      const rows = yield* sql`SELECT DISTINCT xmin::text FROM deploys.deploys WHERE id = ANY (${ids}::text[])`
      assert.isAtMost(rows.length, 3)
    })
  )

  it.effect("keeps what a target says even where PostgreSQL refuses its characters", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload), logged("a\u0000b\ud800c \\u0000 \u{1f680}"))
      const output = { "k\u0000": ["\udc00", "\\", '"\\ud800'] }
      yield* move(run, DeployMove.StepCompleted({ step: upload, attempt: 1, output, previewUrl: null }))
      const log = (yield* history(run.deployId)).find(({ type }) => type === "log")
      assert.strictEqual(log?.type === "log" && log.data.message, "a\ufffdb\ufffdc \\u0000 \u{1f680}")
      assert.deepStrictEqual((yield* read(run.deployId)).steps[0]?.output, { "k\ufffd": ["\ufffd", "\\", '"\\ud800'] })
      const cancellation = yield* cancel(run.deployId, "no\u0000 more")
      assert.strictEqual(cancellation.reason, "no\ufffd more")
      assert.deepStrictEqual(yield* cancel(run.deployId), cancellation)
    })
  )

  it.effect("forgets an idempotency key after 24 hours, and deletes those of others", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const sql = yield* SqlClient.SqlClient
      const keyed = (key: string, request: string) => ({ principal: "keeper", key, request })
      const age = (hours: number) =>
        sql`UPDATE deploys.idempotency_keys SET created_at = now() - ${hours}::int * interval '1 hour'
          WHERE principal = 'keeper'`
      yield* store.insert(yield* newDeploy(), { once: keyed("old", "a") })
      const first = yield* store.insert(yield* newDeploy(), { once: keyed("mine", "a") })
      yield* age(23)
      assert.strictEqual((yield* store.insert(yield* newDeploy(), { once: keyed("mine", "a") })).id, first.id)
      yield* age(24)
      assert.isTrue(Option.isNone(yield* store.remembered(keyed("mine", "a"))))
      const next = yield* store.insert(yield* newDeploy(), { once: keyed("mine", "b") })
      assert.notStrictEqual(next.id, first.id)
      const left = yield* sql`SELECT key, deploy_id FROM deploys.idempotency_keys WHERE principal = 'keeper'`
      assert.deepStrictEqual(left, [{ key: "mine", deploy_id: next.id }])
    })
  )

  it.effect("writes no time before that of the last move, whatever the clock says", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const run = yield* start()
      yield* sql`UPDATE deploys.deploys SET moved_at = '2999-01-01T00:00:00.000001Z' WHERE id = ${run.deployId}`
      const ahead = "2999-01-01T00:00:00.000001Z"
      assert.strictEqual(yield* move(run, stepStarted(upload)), ahead)
      assert.strictEqual(yield* move(run, stepCompleted(upload)), ahead)
      assert.strictEqual((yield* cancel(run.deployId)).at, ahead)
    })
  )

  it.effect("is part of the host's transaction, and tells of it once that has committed", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const sql = yield* SqlClient.SqlClient
      const heard: Array<StoreChange> = []
      yield* store.changes.pipe(
        Stream.runForEach((change) => Effect.sync(() => heard.push(change))),
        Effect.forkScoped({ startImmediately: true })
      )
      const [dropped, kept] = [yield* newDeploy(), yield* newDeploy()]
      const abandoned = sql.withTransaction(Effect.andThen(store.insert(dropped), Effect.fail("changed my mind")))
      assert.strictEqual(yield* Effect.flip(abandoned), "changed my mind")
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* store.insert(kept)
          yield* Effect.yieldNow
          assert.deepStrictEqual(heard, [])
        })
      )
      yield* TestClock.withLive(Effect.sleep("20 millis"))
      assert.deepStrictEqual([...new Set(heard.map(({ deployId }) => deployId))], [kept.id])
      assert.isTrue(Option.isNone(yield* store.find(dropped.id)))
    })
  )

  it.effect("takes a claim back with the host's transaction, and no other claim with it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [mine, other] = [yield* insert(), yield* insert()]
      const abandoned = sql.withTransaction(Effect.andThen(take(mine.id), Effect.fail("changed my mind")))
      yield* Effect.all([Effect.flip(abandoned), take(other.id)], { concurrency: "unbounded" })
      assert.strictEqual((yield* read(mine.id)).deploy.status, "pending")
      assert.strictEqual((yield* read(other.id)).deploy.status, "running")
    })
  )

  it.effect("takes a move back with the host's transaction, and no other move with it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [mine, other] = [yield* start(), yield* start()]
      const events = (run: typeof mine) => Effect.map(history(run.deployId), ({ length }) => length)
      const before = mine.after
      const abandoned = sql.withTransaction(Effect.andThen(move(mine, logged("mine")), Effect.fail("changed my mind")))
      yield* Effect.all([Effect.flip(abandoned), move(other, logged("other"))], { concurrency: "unbounded" })
      assert.deepStrictEqual([yield* events(mine), yield* events(other)], [before, other.after])
    })
  )
})

describe.skipIf(!available)("on a server", () => {
  layer(onPostgres)("the store on PostgreSQL", (it) => {
    it.effect("has the steps and events of deleted deploys go with them", () => takesItsBelongingsAlong)

    it.effect("answers with a StoreError where its connection is lost, and does the same call again", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { id } = yield* insert()
        const [locked, done] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const holder = yield* sql`SELECT id FROM deploys.deploys WHERE id = ${id} FOR UPDATE`.pipe(
          Effect.andThen(Deferred.succeed(locked, undefined)),
          Effect.andThen(Deferred.await(done)),
          sql.withTransaction,
          Effect.forkChild({ startImmediately: true })
        )
        yield* Deferred.await(locked)
        const victim = yield* Effect.forkChild(Effect.flip(cancel(id, "first")), { startImmediately: true })
        yield* killWaiting
        assert.strictEqual((yield* Fiber.join(victim))._tag, "StoreError")
        yield* Deferred.succeed(done, undefined)
        yield* Fiber.join(holder)
        assert.strictEqual((yield* cancel(id, "second")).reason, "second")
      })
    )
  })
})
