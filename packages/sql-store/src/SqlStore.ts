import { DeployEvent, DeployId, DeployStore, IdGenerator, type StoreChange } from "@deploys/core"
import { Effect, Layer, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { makeDatabase } from "./internal/Database.ts"
import { operation } from "./internal/operation.ts"
import { claimableDeploys } from "./statements/claimableDeploys.ts"
import { releaseLeases, renewLeases } from "./statements/leases.ts"
import { readDeploy } from "./statements/readDeploy.ts"
import { readEvents } from "./statements/readEvents.ts"
import { cancel } from "./store/cancel.ts"
import { claim } from "./store/claim.ts"
import { insert } from "./store/insert.ts"
import { list } from "./store/list.ts"
import { makeMoveLane } from "./store/MoveLane.ts"
import { Wakeups } from "./Wakeups.ts"

const Lease = Schema.Struct({ deployId: DeployId, epoch: Schema.Natural })
const decodeEvents = Schema.decodeUnknownEffect(Schema.Array(DeployEvent))
const decodeLeases = Schema.decodeUnknownEffect(Schema.Array(Lease))

const make = Effect.gen(function* () {
  const db = yield* makeDatabase
  const ids = yield* IdGenerator
  const wakeups = yield* Wakeups
  const moveTogether = makeMoveLane(db)

  /** After the commit, also where the host has put the call into a transaction of its own. */
  const tell = (changes: ReadonlyArray<StoreChange>) =>
    changes.length === 0 ? Effect.void : db.sql.afterCommit(wakeups.publish(changes))

  return DeployStore.of({
    insert: Effect.fn("DeployStore.insert")(function* (request) {
      const { deploy, isNew } = yield* insert(db, request)
      const kinds = isNew ? (["events", "ready"] as const) : []
      yield* tell(kinds.map((kind) => ({ deployId: deploy.id, kind })))
      return deploy
    }, operation("DeployStore.insert")),

    find: Effect.fn("DeployStore.find")(function* (id) {
      const row = yield* readDeploy(db, id)
      return row === undefined ? Option.none() : Option.some({ deploy: row.deploy, steps: row.steps })
    }, operation("DeployStore.find")),

    list: Effect.fn("DeployStore.list")((plan) => list(db, plan), operation("DeployStore.list")),

    claimable: Effect.fn("DeployStore.claimable")(function* ({ limit, owner }) {
      return (yield* claimableDeploys(db, owner, limit)).map(({ id }) => DeployId.make(id))
    }, operation("DeployStore.claimable")),

    claim: Effect.fn("DeployStore.claim")(function* (request) {
      const won = yield* claim(db, ids, request)
      if (Option.isSome(won) && won.value.starts) yield* tell([{ deployId: request.deployId, kind: "events" }])
      return Option.map(won, ({ claim }) => claim)
    }, operation("DeployStore.claim")),

    move: Effect.fn("DeployStore.move")(function* (requests) {
      const moved = yield* moveTogether(requests)
      yield* tell(moved.flatMap(({ changes }) => changes))
      return moved.map(({ result }) => result)
    }, operation("DeployStore.move")),

    renew: Effect.fn("DeployStore.renew")(function* (leases, leaseMillis) {
      return yield* decodeLeases(yield* renewLeases(db, leases, leaseMillis))
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

    changes: wakeups.changes
  })
})

/**
 * A `DeployStore` in the database of the client, whose tables `Migrations` makes. Works on PostgreSQL 14 or later and on
 * PGlite.
 *
 * Times and leases are the database's. Within a transaction of the host's, a call is part of that transaction; moves are
 * not, since those of several callers are sent together.
 */
export const layer: Layer.Layer<DeployStore, never, SqlClient.SqlClient> = Layer.effect(DeployStore, make).pipe(
  Layer.provide(Wakeups.layer)
)
