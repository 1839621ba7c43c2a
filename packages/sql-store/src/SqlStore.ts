import {
  DeployEvent,
  DeployId,
  DeployStore,
  EntityId,
  IdGenerator,
  Lane,
  type StoreChange,
  Timestamp,
  Waiting,
  WorkspaceId
} from "@deploys/core"
import type { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { makeDatabase } from "./internal/Database.ts"
import { LeaseClient } from "./internal/LeaseClient.ts"
import { answered, operation } from "./internal/operation.ts"
import { spanned } from "./internal/spanned.ts"
import { oneRow } from "./internal/decoding.ts"
import { readTogether } from "./internal/together.ts"
import { claimableDeploys } from "./statements/claimableDeploys.ts"
import { readLane, readWaiting, releaseHold } from "./statements/lanes.ts"
import { releaseLeases, renewLeases } from "./statements/leases.ts"
import { decodeRow, readDeploys } from "./statements/readDeploy.ts"
import { readEvents, readEventsOf } from "./statements/readEvents.ts"
import { readCreatedPositions, readOpenPositions } from "./statements/readPositions.ts"
import { cancel } from "./store/cancel.ts"
import { claim, claimOf, withStepIds } from "./store/claim.ts"
import { makeGroupCommit } from "./store/GroupCommit.ts"
import { insert, remembered } from "./store/insert.ts"
import { ListTimeLimit } from "./ListTimeLimit.ts"
import { makeLists } from "./store/list.ts"
import { move } from "./store/move.ts"
import { Wakeups } from "./Wakeups.ts"

const Lease = Schema.Struct({ deployId: DeployId, epoch: Schema.Natural })
const decodeEvents = Schema.decodeUnknownEffect(Schema.Array(DeployEvent))
const lane = oneRow(Lane)
const waiting = oneRow(Waiting)
const Positions = Schema.Struct({
  horizon: Timestamp,
  positions: Schema.Array(
    Schema.Struct({
      deployId: DeployId,
      workspaceId: WorkspaceId,
      entityId: EntityId,
      createdAt: Timestamp,
      isOver: Schema.Boolean,
      lastEvent: Schema.Natural
    })
  )
})
const decodePositions = Schema.decodeUnknownEffect(Positions)
const positions = <E, R>(rows: Effect.Effect<ReadonlyArray<unknown>, E, R>) =>
  Effect.flatMap(rows, ([row]) => decodePositions(row))
const decodeLeases = Schema.decodeUnknownEffect(Schema.Array(Lease))

const make = Effect.gen(function* () {
  const db = yield* makeDatabase
  const ids = yield* IdGenerator
  const leases = { ...db, sql: (yield* LeaseClient).withoutTransforms() }
  const wakeups = yield* Wakeups
  const moveTogether = makeGroupCommit(db, move(db, wakeups))
  const claimTogether = makeGroupCommit(db, claim(db, wakeups))
  const readDeploy = readTogether(db, (ids: ReadonlyArray<DeployId>) => readDeploys(db, ids))
  const lists = makeLists(db, yield* ListTimeLimit)

  /** After the commit, also where the host has put the call into a transaction of its own. */
  const tell = (changes: ReadonlyArray<StoreChange>) =>
    changes.length === 0 ? Effect.void : db.sql.afterCommit(wakeups.publish(changes))

  /** The same where the other nodes are told by the commit itself. */
  const tellHere = (changes: ReadonlyArray<StoreChange>) =>
    changes.length === 0 ? Effect.void : db.sql.afterCommit(wakeups.publishHere(changes))

  return DeployStore.of({
    insert: Effect.fn("DeployStore.insert")(function* (request, options = {}) {
      const { changes, deploy } = yield* insert(db, request, options)
      yield* tell(changes)
      return deploy
    }, operation("DeployStore.insert")),

    remembered: Effect.fn("DeployStore.remembered")(
      (request) => remembered(db, request),
      operation("DeployStore.remembered")
    ),

    lane: Effect.fn("DeployStore.lane")((id) => lane(readLane(db, id)), operation("DeployStore.lane")),

    waiting: Effect.fn("DeployStore.waiting")((id) => waiting(readWaiting(db, id)), operation("DeployStore.waiting")),

    releaseHold: Effect.fn("DeployStore.releaseHold")(function* (id) {
      const released = yield* releaseHold(db, id)
      yield* tell(released.flatMap(({ next }) => (next === null ? [] : [{ deployId: next, kind: "ready" as const }])))
    }, operation("DeployStore.releaseHold")),

    find: Effect.fnUntraced(
      function* (id) {
        const row = yield* readDeploy(id)
        if (row === undefined) return Option.none()
        const { deploy, steps } = yield* decodeRow(row)
        return Option.some({ deploy, steps })
      },
      operation("DeployStore.find"),
      spanned("DeployStore.find")
    ),

    list: Effect.fn("DeployStore.list")(lists.list, answered("DeployStore.list")),

    // Without a span: its statement has one, and a page costs no more than a few hundred microseconds.
    listJson: (plan) => answered("DeployStore.listJson")(lists.listJson(plan)),

    claimable: Effect.fn("DeployStore.claimable")(function* (options) {
      return (yield* claimableDeploys(db, options)).map(({ id }) => DeployId.make(id))
    }, operation("DeployStore.claimable")),

    claim: Effect.fnUntraced(
      function* (request) {
        const [won] = yield* claimTogether([yield* withStepIds(ids, request)])
        if (won === undefined) return Option.none()
        if (won.claimed.starts) yield* tellHere([{ deployId: request.deployId, kind: "events" }])
        return Option.fromNullishOr(yield* claimOf(won))
      },
      answered("DeployStore.claim"),
      spanned("DeployStore.claim")
    ),

    move: Effect.fnUntraced(
      function* (requests) {
        const moved = yield* moveTogether(requests)
        yield* tellHere(moved.flatMap(({ changes }) => changes))
        yield* tell(moved.flatMap(({ superseded }) => superseded))
        return moved.map(({ result }) => result)
      },
      answered("DeployStore.move"),
      spanned("DeployStore.move")
    ),

    renew: Effect.fn("DeployStore.renew")(function* (refs, leaseMillis) {
      return yield* decodeLeases(yield* renewLeases(leases, refs, leaseMillis))
    }, operation("DeployStore.renew")),

    release: Effect.fn("DeployStore.release")(function* (leases) {
      const released = yield* decodeLeases(yield* releaseLeases(db, leases))
      yield* tell(released.map(({ deployId }) => ({ deployId, kind: "ready" })))
    }, operation("DeployStore.release")),

    cancel: Effect.fn("DeployStore.cancel")(function* (request) {
      const { cancellation, changes } = yield* cancel(db, request)
      yield* tell(changes)
      return cancellation
    }, operation("DeployStore.cancel")),

    events: Effect.fn("DeployStore.events")(function* ({ after, deployId, limit }) {
      return yield* decodeEvents(yield* readEvents(db, deployId, after, limit))
    }, operation("DeployStore.events")),

    eventsOf: Effect.fn("DeployStore.eventsOf")(function* ({ deploys, limit }) {
      return deploys.length === 0 ? [] : yield* decodeEvents(yield* readEventsOf(db, deploys, limit))
    }, operation("DeployStore.eventsOf")),

    openPositions: Effect.fn("DeployStore.openPositions")(
      (lagMillis) => positions(readOpenPositions(db, lagMillis)),
      operation("DeployStore.openPositions")
    ),

    createdPositions: Effect.fn("DeployStore.createdPositions")(
      (options) => positions(readCreatedPositions(db, options)),
      operation("DeployStore.createdPositions")
    ),

    changes: wakeups.changes
  })
})

const store = Layer.effect(DeployStore, make)

/**
 * A `DeployStore` in the database of the client, whose tables `Migrations` makes. Works on PostgreSQL 14 or later and on
 * PGlite.
 *
 * Times and leases are the database's. Within a transaction of the host's, a call is part of that transaction. Its
 * `changes` are those made in this process.
 */
export const layer: Layer.Layer<DeployStore, never, SqlClient.SqlClient> = Layer.provide(store, [
  Wakeups.layer,
  LeaseClient.layer
])

/**
 * The same for several nodes on one PostgreSQL: `changes` are those of every node, so that a cancel, new work and events
 * reach the others at once. Beside the client's pool it has two connections of its own: one to listen on, and one to renew
 * leases, so that whatever keeps the pool busy costs no lease.
 */
export const layerPostgres: Layer.Layer<DeployStore, never, SqlClient.SqlClient | PgClient.PgClient> = Layer.provide(
  store,
  [Wakeups.layerPostgres, LeaseClient.layerPostgres]
)
