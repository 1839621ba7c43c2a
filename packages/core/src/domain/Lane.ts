import { Schema } from "effect"
import { DeployId, EntityId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * What a new deploy does to older ones of its entity that are not over.
 *
 * - `queue`: nothing; each has its turn.
 * - `latest`: those that are pending become `superseded`.
 * - `replace`: the running one as well.
 *
 * An automatic deploy never does this to a manual one or a rollback.
 */
export const QueuePolicy = Schema.Literals(["queue", "latest", "replace"])
/** What a new deploy does to older ones of its entity that are not over. */
export type QueuePolicy = typeof QueuePolicy.Type

/** That automatic deploys of an entity wait, since a person went back to an earlier deploy: who did, why, and since when. */
export const Hold = Schema.Struct({ by: Schema.String, reason: Schema.NullOr(Schema.String), since: Timestamp })
/** That automatic deploys of an entity wait. */
export interface Hold extends Schema.Schema.Type<typeof Hold> {}

/** What the engine knows of an entity. */
export const Lane = Schema.Struct({
  entityId: EntityId,
  /** The number of the entity's last deploy; 0 before its first. */
  lastSequence: Schema.Natural,
  /** The deploy that production serves. */
  liveDeployId: Schema.NullOr(DeployId),
  hold: Schema.NullOr(Hold),
  queuePolicy: QueuePolicy
})
/** What the engine knows of an entity. */
export interface Lane extends Schema.Schema.Type<typeof Lane> {}

/** What a pending deploy waits for. */
export const Waiting = Schema.Struct({
  /**
   * - `deploy`: another deploy of the entity, which is at work or before it in the queue.
   * - `hold`: the release of the entity's hold.
   * - `capacity`: nothing of its entity's; room in its workspace, or on a runner.
   */
  for: Schema.Literals(["deploy", "hold", "capacity"]),
  /** Its place among the pending deploys of the entity, from 1. What is held counts for those alone that are held too. */
  position: Schema.Int.check(Schema.isGreaterThan(0)),
  /** `deploy`: since it was created; `hold`: since there has been both; `capacity`: since it could have been claimed. */
  since: Timestamp
}).annotate({ identifier: "Waiting" })
/** What a pending deploy waits for. */
export interface Waiting extends Schema.Schema.Type<typeof Waiting> {}
