import { BuildId, DeployId, DeployStore, EntityId, IdGenerator, type StoreChange, WorkspaceId } from "@deploys/core"
import { Postgres, SqlStore } from "@deploys/sql-store"
import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Fiber, Layer, Option, Redacted, Ref, Stream } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../../test/setup/database.ts"

const node = (url: string) =>
  Effect.map(
    Layer.build(Layer.fresh(Layer.provide(SqlStore.layerPostgres, Postgres.layer({ url: Redacted.make(url) })))),
    Context.get(DeployStore)
  )

/** The first change of this kind that the node is told of. */
const told = (store: DeployStore["Service"], kind: StoreChange["kind"]) =>
  Effect.forkScoped(Stream.runHead(Stream.filter(store.changes, (change) => change.kind === kind)), {
    startImmediately: true
  })

const newDeploy = Effect.gen(function* () {
  const { next } = yield* IdGenerator
  return {
    id: DeployId.make(yield* next("dep")),
    workspaceId: WorkspaceId.make("ws_1"),
    entityId: EntityId.make(yield* next("app")),
    buildId: BuildId.make("bld_1"),
    trigger: "manual" as const,
    sourceEventId: null,
    metadata: {},
    createdBy: "ada"
  }
})

/** How many hints the nodes on this database have notified of since. */
const hintsHeard = Effect.fnUntraced(function* (url: string) {
  const count = yield* Ref.make(0)
  const pg = yield* Effect.map(
    Layer.build(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })),
    Context.get(PgClient.PgClient)
  )
  const payloads = yield* pg.listen("deploys_changes")
  yield* Effect.forkScoped(
    Stream.runForEach(Stream.fromQueue(payloads), ({ payload }) =>
      payload.includes('"hints":[]') ? Effect.void : Ref.update(count, (n) => n + 1)
    )
  )
  return Ref.get(count)
})

/** Ends the connections that listen, as a restart of a proxy would. */
const endListeners = (url: string) =>
  SqlClient.SqlClient.use(
    (sql) => sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'LISTEN%'`
  ).pipe(
    Effect.tap((ended) => Effect.sync(() => assert.lengthOf(ended, 2))),
    Effect.provide(PgClient.layer({ url: Redacted.make(url) }))
  )

const inTime = Effect.timeout("1 second")

describe.skipIf(!Database.available)("nodes on one PostgreSQL", () => {
  it.live("tell each other of new work and of cancels within a second", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      const [here, there] = [yield* node(url), yield* node(url)]
      const deploy = yield* newDeploy
      const ready = yield* told(there, "ready")
      // Until the other node listens, hints don't reach it.
      yield* Effect.sleep("300 millis")
      yield* here.insert(deploy)
      assert.deepStrictEqual(Option.getOrUndefined(yield* inTime(Fiber.join(ready))), {
        deployId: deploy.id,
        kind: "ready"
      })
      yield* here.claim({ deployId: deploy.id, owner: "here", leaseMillis: 60_000, steps: [] })
      const cancelled = yield* told(here, "cancelled")
      yield* there.cancel({ deployId: deploy.id, by: "eve", reason: null })
      assert.strictEqual(Option.getOrUndefined(yield* inTime(Fiber.join(cancelled)))?.deployId, deploy.id)
    }).pipe(Effect.scoped)
  )

  it.live(
    "notify nobody while there is one, and each other as soon as there are two",
    () =>
      Effect.gen(function* () {
        const url = yield* Database.fresh()
        const here = yield* node(url)
        const hints = yield* hintsHeard(url)
        yield* Effect.sleep("1500 millis")
        const deploy = yield* newDeploy
        yield* here.insert(deploy)
        const claim = Option.getOrThrow(
          yield* here.claim({ deployId: deploy.id, owner: "here", leaseMillis: 60_000, steps: [] })
        )
        yield* Effect.sleep("300 millis")
        assert.strictEqual(yield* hints, 0)

        const there = yield* node(url)
        yield* Effect.sleep("300 millis")
        const events = yield* told(there, "events")
        const { epoch, lastEvent: after } = claim
        const moves = [{ _tag: "Completed", previewUrl: null, productionUrl: null }] as const
        yield* here.move([{ deployId: deploy.id, epoch, after, by: "here", moves }])
        assert.strictEqual(Option.getOrUndefined(yield* inTime(Fiber.join(events)))?.deployId, deploy.id)
        const ready = yield* told(here, "ready")
        const next = yield* newDeploy
        yield* there.insert(next)
        assert.strictEqual(Option.getOrUndefined(yield* inTime(Fiber.join(ready)))?.deployId, next.id)
      }).pipe(Effect.scoped),
    30_000
  )

  it.live("listen again after their connection was ended", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      const [here, there] = [yield* node(url), yield* node(url)]
      yield* Effect.sleep("300 millis")
      yield* endListeners(url)
      yield* Effect.sleep("1500 millis")
      const deploy = yield* newDeploy
      const ready = yield* told(there, "ready")
      yield* here.insert(deploy)
      assert.strictEqual(Option.getOrUndefined(yield* inTime(Fiber.join(ready)))?.deployId, deploy.id)
    }).pipe(Effect.scoped)
  )
})
