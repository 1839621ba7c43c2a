import { Context, type Effect, type Option, type Stream } from "effect"
import type { Cancellation, Deploy, DeployTrigger } from "../domain/Deploy.ts"
import type { DeployFinished, IdempotencyKeyReused, NotFound, StoreError } from "../domain/DeployError.ts"
import type { DeployEvent } from "../domain/DeployEvent.ts"
import type { DeployMove } from "../domain/DeployMove.ts"
import type { StepDeclaration, StepRecord } from "../domain/DeployStep.ts"
import type { BuildId, DeployId, EntityId, SourceEventId, WorkspaceId } from "../domain/Id.ts"
import type { KeyedRequest } from "../domain/Idempotency.ts"
import type { Lane, QueuePolicy, Waiting } from "../domain/Lane.ts"
import type { Timestamp } from "../domain/Timestamp.ts"
import type { Page } from "../list/Page.ts"
import type { QueryPlan } from "../list/QueryPlan.ts"

/** A deploy to insert. Number, times and status are the store's to give. */
export interface NewDeploy {
  readonly id: DeployId
  readonly workspaceId: WorkspaceId
  readonly entityId: EntityId
  readonly buildId: BuildId
  readonly trigger: DeployTrigger
  readonly sourceEventId: SourceEventId | null
  readonly metadata: Deploy["metadata"]
  readonly createdBy: string
}

/** What comes with a new deploy, in the same transaction. */
export interface InsertOptions {
  /** What becomes of older deploys of the entity. Default: `queue`. */
  readonly queuePolicy?: QueuePolicy
  /** Puts a hold on the entity, in place of the one that is there. */
  readonly hold?: { readonly by: string; readonly reason: string | null }
  /** Makes a repetition of the request answer with the deploy that it made. */
  readonly once?: KeyedRequest
}

/** A deploy and its steps in order, read in one snapshot. A deploy that nobody has claimed has no steps. */
export interface DeployRecord {
  readonly deploy: Deploy
  readonly steps: ReadonlyArray<StepRecord>
}

/** A request to become the one that runs or settles a deploy. */
export interface ClaimRequest {
  readonly deployId: DeployId
  /** Names one runner for its life; a new process has a new name. It is the actor of `deploy.running`. */
  readonly owner: string
  /** How long the claim holds without being renewed, in milliseconds. */
  readonly leaseMillis: number
  /** The steps of the plan, in order. */
  readonly steps: ReadonlyArray<StepDeclaration>
  /** Whether the first step is at work as soon as the deploy is, without another write. Default: false. */
  readonly startFirstStep?: boolean
  /** How many deploys of the workspace may be at work once this one is. Default: `Infinity`. */
  readonly maxRunningPerWorkspace?: number
}

/** The right to move a deploy, until its lease runs out or its epoch is raised. */
export interface Claim extends DeployRecord {
  /** Fences every write: one claim or cancel later, it no longer fits. */
  readonly epoch: number
  /** The number of the deploy's last event. */
  readonly lastEvent: number
  /** Whether the first step was started with the claim, so that no earlier claim can have begun it. */
  readonly startedFirstStep: boolean
  /** How long ago the deploy started, by the store's clock, in milliseconds: 0 for one that starts with this claim. */
  readonly elapsedMillis: number
}

/** Moves of one deploy that land together or not at all. */
export interface MoveRequest {
  readonly deployId: DeployId
  readonly epoch: number
  /** The number of the last event that the writer knows of. */
  readonly after: number
  /** Who moves the deploy, for its events. */
  readonly by: string
  readonly moves: ReadonlyArray<DeployMove>
}

/** What became of a `MoveRequest`: it landed at this time, or another epoch or status holds and nothing was changed. */
export type MoveResult = { readonly _tag: "Applied"; readonly at: Timestamp } | { readonly _tag: "Fenced" }

/** A lease to keep. */
export interface LeaseRef {
  readonly deployId: DeployId
  readonly epoch: number
}

/** Where the events of a deploy stand. */
export interface EventPosition {
  readonly deployId: DeployId
  readonly workspaceId: WorkspaceId
  readonly entityId: EntityId
  readonly createdAt: Timestamp
  /** Whether no event will follow. */
  readonly isOver: boolean
  readonly lastEvent: number
}

/** Positions from one snapshot. */
export interface EventPositions {
  /** `lagMillis` before the snapshot. */
  readonly horizon: Timestamp
  readonly positions: ReadonlyArray<EventPosition>
}

/** That something about a deploy changed. A hint: it may come late, twice, or not at all. */
export interface StoreChange {
  readonly deployId: DeployId
  /**
   * - `ready`: something may be claimed now: a deploy was created, or an entity's lane, hold or a lease was released.
   * - `cancelled`: a running deploy was ended by somebody other than its runner.
   * - `events`: events were written.
   */
  readonly kind: "ready" | "cancelled" | "events"
}

/**
 * Keeps deploys, their steps, their events and the lanes of their entities. The one place where races are decided.
 *
 * What holds for every method:
 *
 * - Each call is one transaction: it lands whole or not at all, and is durable before it answers.
 * - Times are the store's own. Of one deploy they never go backwards.
 * - Each change of a deploy writes its events in the same transaction, numbered 1, 2, 3 … without gaps.
 * - A final status (`completed`, `failed`) never changes.
 * - A `StoreError` leaves open whether the call landed. Sending the same call again is always safe.
 */
export class DeployStore extends Context.Service<
  DeployStore,
  {
    /**
     * Adds a `pending` deploy.
     *
     * - Its `sequenceNumber` is the entity's next: 1, 2, 3 … without gaps or repeats, also under concurrent inserts.
     * - Inserting an id that is there answers with the row that is there and changes nothing.
     * - Writes `deploy.created`.
     * - An `auto` deploy of a source event answers, where the entity has an `auto` deploy of that event, with that one, and
     *   changes nothing. Of several at once one is added.
     * - `once`: a key that its principal used in the last 24 hours answers, for the same request, with the deploy of then,
     *   and changes nothing; for another request it is an `IdempotencyKeyReused`. Of several at once one is added. Keys
     *   that are older are as if never used, and are deleted as others are added.
     * - `queuePolicy`: with `latest` and `replace` the older pending deploys of the entity become superseded, with `replace`
     *   the running one too. An `auto` deploy does so to `auto` ones alone, and replaces nothing while there is a hold.
     * - A superseded deploy ends as a cancelled one does, with the code `superseded`: its epoch is raised, and what is left
     *   to undo settles and keeps the lane. `metadata.supersededBy` names the deploy that took its place, and whoever asked
     *   for that one is the actor.
     * - `hold`: while it is there, `auto` deploys of the entity are held: they can't be claimed, and others pass them.
     * - The lane's `queuePolicy` is what the last insert was given.
     */
    readonly insert: (
      deploy: NewDeploy,
      options?: InsertOptions
    ) => Effect.Effect<Deploy, IdempotencyKeyReused | StoreError>

    /** The deploy that `insert` with `once` would answer with instead of adding one. */
    readonly remembered: (
      request: KeyedRequest
    ) => Effect.Effect<Option.Option<Deploy>, IdempotencyKeyReused | StoreError>

    /** What is known of an entity; none before its first deploy. */
    readonly lane: (entityId: EntityId) => Effect.Effect<Option.Option<Lane>, StoreError>

    /** What a deploy waits for, from one snapshot; none unless it is pending. */
    readonly waiting: (id: DeployId) => Effect.Effect<Option.Option<Waiting>, StoreError>

    /** Releases the hold of an entity, so that its `auto` deploys have their turn. Where there is none, changes nothing. */
    readonly releaseHold: (entityId: EntityId) => Effect.Effect<void, StoreError>

    /** The deploy with this id and its steps in order of index, or none. */
    readonly find: (id: DeployId) => Effect.Effect<Option.Option<DeployRecord>, StoreError>

    /**
     * One page of deploys with exact flags, from one snapshot. What the plan leaves out does not exist for rows,
     * total and flags alike.
     */
    readonly list: (query: QueryPlan) => Effect.Effect<Page, StoreError>

    /** The same page as JSON text, as `Page` encodes it: for those who only pass it on. */
    readonly listJson: (query: QueryPlan) => Effect.Effect<string, StoreError>

    /**
     * Up to `limit` deploys that a claim by `owner` may win now:
     *
     * - deploys that run or settle under a lease that has run out, or that `owner` itself holds under an older epoch;
     * - behind them, of each entity whose lane is free, the oldest pending deploy that is not held. Workspaces take turns:
     *   that of which the fewest deploys run, settle or are offered before comes next.
     * - `maxRunningPerWorkspace`: no more pending deploys of a workspace than may start until so many run or settle.
     *   Default: `Infinity`.
     *
     * A hint: another runner may be faster.
     */
    readonly claimable: (options: {
      readonly owner: string
      readonly limit: number
      readonly maxRunningPerWorkspace?: number
    }) => Effect.Effect<ReadonlyArray<DeployId>, StoreError>

    /**
     * Makes `owner` the one that runs or settles a deploy. None when it can't be claimed.
     *
     * - A `pending` deploy is claimed when its entity's lane is free, it is not held, and no older deploy of the entity that
     *   is not held is pending. It becomes `running`, takes the lane, gets `startedAt`, its steps are inserted as `pending`, and `deploy.running`
     *   is written.
     * - A `running` deploy, or a `failed` one that has not settled, is claimed when its lease has run out or `owner` holds
     *   it already. Its steps stay as they are, and no event is written.
     * - `startFirstStep`: a deploy that was `pending` has its first step at once as if it had been moved there by
     *   `StepStarted`, with the event `step.running` behind `deploy.running`. The start counts, also if nothing comes of it.
     *   One that was at work before stays as it is.
     * - `maxRunningPerWorkspace`: a `pending` deploy is not claimed while so many deploys of its workspace run or settle,
     *   on whichever node. One that settles keeps its place until it is settled, and one that nobody holds any more until
     *   somebody has ended it. A place that is freed is told of as `ready`.
     * - Each claim raises the epoch by 1 and starts a new lease.
     * - Of several claims at once on one entity exactly one wins, and in one workspace no more than there are places.
     */
    readonly claim: (request: ClaimRequest) => Effect.Effect<Option.Option<Claim>, StoreError>

    /**
     * Lets runners move the deploys that they hold; answers in the order of the requests.
     *
     * - A request lands only under the deploy's present epoch, in the phase that its moves need (`movePatch`), and when
     *   `after` is the deploy's last event; else it is `Fenced` and changes nothing.
     * - A request that has landed already answers `Applied` again and changes nothing more.
     * - One that is fenced does not touch the others. A deploy occurs in one call at most once, and a step in one request
     *   at most once.
     * - `Completed` makes the deploy live and the entity's earlier live deploy not, in the same transaction.
     * - With `Completed`, pending deploys of the entity with a lower number become superseded by the completed one, by the
     *   actor of the move.
     * - `Completed` of a `manual` deploy releases the entity's hold, if the deploy is newer than the one that it came with.
     * - `Completed`, `Settled` and a settled `Failed` free the entity's lane; `Failed` and `Completed` cancel the steps
     *   that are still pending.
     */
    readonly move: (requests: ReadonlyArray<MoveRequest>) => Effect.Effect<ReadonlyArray<MoveResult>, StoreError>

    /**
     * Starts the leases anew, and answers with those of them that hold: also one that had run out, unless the deploy was
     * claimed anew, cancelled, ended or given back.
     */
    readonly renew: (
      leases: ReadonlyArray<LeaseRef>,
      leaseMillis: number
    ) => Effect.Effect<ReadonlyArray<LeaseRef>, StoreError>

    /** Gives leases back, so that any runner may claim the deploys at once. Those that no longer hold are left alone. */
    readonly release: (leases: ReadonlyArray<LeaseRef>) => Effect.Effect<void, StoreError>

    /**
     * Ends a deploy for good, whoever runs it.
     *
     * - It becomes `failed` with the code `cancelled`; `metadata.cancellation` says who, why and when; steps still pending
     *   are cancelled; the epoch is raised by 1, so that its runner can write nothing more.
     * - Where no step is running and none has started that is undoable, it is settled at once and its lane is free
     *   (`metadata.outcome` is `prevented`; it is absent if the deploy never started). Else it settles: the lane and the
     *   lease of its owner stay.
     * - Cancelling a deploy that is cancelled already answers with the first cancellation and changes nothing.
     * - A deploy that is over otherwise is a `DeployFinished`, an unknown one a `NotFound`.
     */
    readonly cancel: (request: {
      readonly deployId: DeployId
      readonly by: string
      readonly reason: string | null
    }) => Effect.Effect<Cancellation, NotFound | DeployFinished | StoreError>

    /** Up to `limit` events of the deploy with a number above `after`, in order. */
    readonly events: (options: {
      readonly deployId: DeployId
      readonly after: number
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<DeployEvent>, StoreError>

    /**
     * Up to `limit` events in all: of each of these deploys those with a number above `after`, in order, and the deploys in
     * the order that they are given in. A deploy occurs in one call at most once.
     */
    readonly eventsOf: (options: {
      readonly deploys: ReadonlyArray<{ readonly deployId: DeployId; readonly after: number }>
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<DeployEvent>, StoreError>

    /** The positions of all deploys that are not over, and of those created at the horizon or later. */
    readonly openPositions: (lagMillis: number) => Effect.Effect<EventPositions, StoreError>

    /**
     * The positions of up to `limit` deploys that were created behind this place and before the horizon, by `createdAt` and
     * then `id`. An empty `id` stands before every other.
     */
    readonly createdPositions: (options: {
      readonly behind: { readonly createdAt: Timestamp; readonly id: string }
      readonly lagMillis: number
      readonly limit: number
    }) => Effect.Effect<EventPositions, StoreError>

    /** Changes made through this store, from the moment when the stream is started. */
    readonly changes: Stream.Stream<StoreChange>
  }
>()("@deploys/core/DeployStore") {}
