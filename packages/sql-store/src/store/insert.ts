import {
  Deploy,
  type DeployId,
  IdempotencyKeyReused,
  type InsertOptions,
  type KeyedRequest,
  type NewDeploy,
  type StoreChange
} from "@deploys/core"
import { Effect, Option, Schema } from "effect"
import type { Database } from "../internal/Database.ts"
import { readCommitted } from "../internal/transaction.ts"
import { pointKey, readKey, takeKey } from "../statements/idempotencyKeys.ts"
import { insertDeploy } from "../statements/insertDeploy.ts"
import { ensureLane, lockLane } from "../statements/lanes.ts"
import { lockOutOfPlace, presentDeploy } from "../statements/olderDeploys.ts"
import { readDeploy } from "../statements/readDeploy.ts"
import { supersede } from "./supersede.ts"

/** The deploy that an insert answers with, and what it changed. */
export interface Inserted {
  readonly deploy: Deploy
  readonly changes: ReadonlyArray<StoreChange>
}

/** Adds a pending deploy, or answers with the one that stands in its place. */
export const insert = (db: Database, deploy: NewDeploy, options: InsertOptions) => {
  const { once, queuePolicy = "queue" } = options
  const isAlone =
    once === undefined && queuePolicy === "queue" && (deploy.trigger !== "auto" || deploy.sourceEventId === null)
  return isAlone ? insertAlone(db, deploy, options) : readCommitted(db.sql, insertAmong(db, deploy, options))
}

const decode = Schema.decodeUnknownEffect(Deploy)

/** One statement: nothing but the id can stand in its way. */
const insertAlone = Effect.fnUntraced(function* (db: Database, deploy: NewDeploy, options: InsertOptions) {
  const [row] = yield* insertDeploy(db, deploy, options).pipe(
    Effect.catchReason("SqlError", "UniqueViolation", (reason, error) =>
      reason.constraint === "deploys_pkey" ? Effect.succeed([]) : Effect.fail(error)
    )
  )
  return row === undefined ? yield* unchanged(db, deploy.id) : added(yield* decode(row), [])
})

const added = (deploy: Deploy, changes: ReadonlyArray<StoreChange>): Inserted => ({
  deploy,
  changes: [...changes, { deployId: deploy.id, kind: "events" }, { deployId: deploy.id, kind: "ready" }]
})

const unchanged = Effect.fnUntraced(function* (db: Database, id: DeployId) {
  const present = yield* readDeploy(db, id)
  if (present === undefined) return yield* Effect.die(new Error(`Deploy ${id} is neither added nor there`))
  return { deploy: present.deploy, changes: [] } satisfies Inserted
})

/** The deploy that a key stands for. */
export const remembered = Effect.fnUntraced(function* (db: Database, asked: KeyedRequest) {
  const [row] = yield* readKey(db, asked)
  if (row === undefined) return Option.none<Deploy>()
  if (!row.same) return yield* new IdempotencyKeyReused({ key: asked.key })
  return Option.some((yield* unchanged(db, row.id)).deploy)
})

/**
 * The key is taken first: whoever has the same one waits for it with no other lock. Then the lane, under which what is there
 * already and what is to end are read afresh.
 */
const insertAmong = Effect.fnUntraced(function* (db: Database, deploy: NewDeploy, options: InsertOptions) {
  const { once, queuePolicy = "queue" } = options
  if (once !== undefined && (yield* takeKey(db, once, deploy.id)).length === 0) {
    const earlier = yield* remembered(db, once)
    if (Option.isSome(earlier)) return { deploy: earlier.value, changes: [] } satisfies Inserted
    return yield* Effect.die(new Error(`The key ${once.key} is neither free nor taken`))
  }
  yield* ensureLane(db, deploy)
  const [lane] = yield* lockLane(db, deploy.entityId)
  const [present] = yield* presentDeploy(db, deploy)
  if (present !== undefined) {
    if (once !== undefined) yield* pointKey(db, once, present.id)
    return yield* unchanged(db, present.id)
  }
  const held = lane?.held === true
  const ended = queuePolicy === "queue" ? [] : yield* lockOutOfPlace(db, deploy, { held, queuePolicy })
  const changes = yield* supersede(
    db,
    ended.map(({ id }) => id),
    { successor: deploy.id, by: deploy.createdBy }
  )
  const [row] = yield* insertDeploy(db, deploy, options)
  return added(yield* decode(row), changes)
})
