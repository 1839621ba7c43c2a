import { Context, Deferred, Effect, Layer, Option, type Scope, Stream } from "effect"
import { catalogLookup, requireRight } from "./CatalogLookup.ts"
import type { CreateDeploy, DeployForEvent, OnceOptions } from "./CreateDeploy.ts"
import { type CreatedDeploy, deployCreation } from "./DeployCreation.ts"
import { type DeployDetails, detailsOf } from "./DeployDetails.ts"
import { type Cancellation, type Deploy, isFinal } from "./domain/Deploy.ts"
import {
  type BuildNotDeployable,
  type DeployFinished,
  type DeployNotCompleted,
  type Forbidden,
  type IdempotencyKeyReused,
  type InvalidInput,
  type NoDeployableBuild,
  NotFound,
  type StoreError
} from "./domain/DeployError.ts"
import type { FeedEvent } from "./domain/DeployEvent.ts"
import type { DeployId, EntityId } from "./domain/Id.ts"
import type { Lane } from "./domain/Lane.ts"
import { hasRight, type Principal, readScope } from "./domain/Principal.ts"
import { storableText } from "./domain/StorableJson.ts"
import { listAll, type ListAllOptions } from "./list/ListAll.ts"
import type { ListOptions } from "./list/ListOptions.ts"
import type { Page } from "./list/Page.ts"
import { makeQueryPlan } from "./list/QueryPlan.ts"
import { DeployStore } from "./ports/DeployStore.ts"
import { QueuePolicies } from "./QueuePolicies.ts"
import { deployFeed } from "./run/DeployFeed.ts"
import { deployHints } from "./run/DeployHints.ts"
import { countEnd } from "./run/DeployMetrics.ts"
import { DeployRunner } from "./run/DeployRunner.ts"
import * as FiberDispatcher from "./run/FiberDispatcher.ts"
import { LiveEvents } from "./run/LiveEvents.ts"
import { watchFeed, type WatchOptions } from "./run/WatchFeed.ts"

/** The use cases: what a host calls. Every call is made for a principal and sees what that principal may see. */
export class DeployEngine extends Context.Service<
  DeployEngine,
  {
    /** Creates a deploy and wakes the runner; answers once it is stored. */
    readonly create: (
      principal: Principal,
      request: CreateDeploy,
      options?: OnceOptions
    ) => Effect.Effect<
      CreatedDeploy,
      InvalidInput | NotFound | Forbidden | BuildNotDeployable | NoDeployableBuild | IdempotencyKeyReused | StoreError
    >

    /**
     * Creates an automatic deploy because of a source event. For one event an entity has one: a repeated call answers with
     * the deploy of the first, also where it names another build.
     */
    readonly deployForEvent: (
      principal: Principal,
      request: DeployForEvent
    ) => Effect.Effect<
      CreatedDeploy,
      InvalidInput | NotFound | Forbidden | BuildNotDeployable | NoDeployableBuild | StoreError
    >

    /**
     * Goes back to a deploy that has completed: creates a new deploy of its build, and puts a hold on the entity, so that
     * automatic deploys wait until a person releases it or a newer manual deploy completes.
     */
    readonly rollback: (
      principal: Principal,
      id: DeployId,
      options?: OnceOptions & { readonly reason?: string }
    ) => Effect.Effect<
      CreatedDeploy,
      InvalidInput | NotFound | Forbidden | DeployNotCompleted | BuildNotDeployable | IdempotencyKeyReused | StoreError
    >

    /** What the engine knows of an entity: which deploy is live, whether it is held, what its next deploy does to older ones. */
    readonly lane: (principal: Principal, id: EntityId) => Effect.Effect<Lane, NotFound | StoreError>

    /** Releases the hold of an entity, and logs who did. Where there is none, changes nothing. Needs the right `deploy`. */
    readonly releaseHold: (principal: Principal, id: EntityId) => Effect.Effect<void, NotFound | Forbidden | StoreError>

    /** A deploy with its steps, and while it is pending what it waits for. */
    readonly get: (principal: Principal, id: DeployId) => Effect.Effect<DeployDetails, NotFound | StoreError>

    /** The deploy once it is final. What is left to undo may still be at work. */
    readonly awaitFinal: (principal: Principal, id: DeployId) => Effect.Effect<DeployDetails, NotFound | StoreError>

    /** A page of deploys, by default the newest 100. */
    readonly list: (principal: Principal, options: ListOptions) => Effect.Effect<Page, InvalidInput | StoreError>

    /**
     * All deploys of a list, its pages read one by one as they are wanted: behind `after`, by default from the start; or from
     * `before` backwards, the nearest first. Each deploy that stays in its place meanwhile comes exactly once.
     */
    readonly listAll: (
      principal: Principal,
      options?: ListAllOptions
    ) => Stream.Stream<Deploy, InvalidInput | StoreError>

    /** The same page as JSON text, as `Page` encodes it: several times cheaper for those who only pass it on. */
    readonly listJson: (principal: Principal, options: ListOptions) => Effect.Effect<string, InvalidInput | StoreError>

    /** Ends a deploy for good: once answered, it will never be completed. */
    readonly cancel: (
      principal: Principal,
      id: DeployId,
      options?: { readonly reason?: string }
    ) => Effect.Effect<Cancellation, NotFound | Forbidden | DeployFinished | StoreError>

    /**
     * The deploy's feed from behind the event with the number `after` (default 0: from the start), live once it has caught
     * up. It ends behind the last event that there will be.
     */
    readonly events: (
      principal: Principal,
      id: DeployId,
      options?: { readonly after?: number }
    ) => Stream.Stream<FeedEvent, NotFound | StoreError>

    /**
     * The feed of all deploys that the principal may read: answers once it has begun, and then every event that is stored
     * comes, on whichever node, those of one deploy in order, without gaps or repeats. Rights are those of the beginning.
     *
     * It reads from the store as fast as it is read: a slow reader holds up no deploy, loses nothing but progress, and costs
     * no memory. It never fails: while the store does not answer, it waits. It ends with the engine's layer. Each feed reads
     * for itself: a host with many readers shares one.
     */
    readonly watch: (
      principal: Principal,
      options?: WatchOptions
    ) => Effect.Effect<Stream.Stream<FeedEvent>, StoreError, Scope.Scope>
  }
>()("@deploys/core/DeployEngine") {
  /** The engine over the ports that are provided. */
  static readonly layer = Layer.effect(
    DeployEngine,
    Effect.gen(function* () {
      const store = yield* DeployStore
      const live = yield* LiveEvents
      const policyOf = yield* QueuePolicies
      const catalog = yield* catalogLookup
      const creation = yield* deployCreation
      const closed = yield* Deferred.make<void>()
      yield* Effect.addFinalizer(() => Deferred.succeed(closed, undefined))

      const find = Effect.fnUntraced(function* (principal: Principal, id: DeployId) {
        const record = Option.filter(yield* store.find(id), ({ deploy }) =>
          hasRight(principal, "read", deploy.workspaceId)
        )
        return Option.isSome(record) ? record.value : yield* new NotFound({ resource: "deploy", id })
      })

      const get = Effect.fn("DeployEngine.get")(function* (principal: Principal, id: DeployId) {
        while (true) {
          const record = yield* find(principal, id)
          if (record.deploy.status !== "pending") return detailsOf(record, null)
          const waiting = yield* store.waiting(id)
          // None: it was claimed or ended since it was read.
          if (Option.isSome(waiting)) return detailsOf(record, waiting.value)
        }
      })

      const awaitFinal = Effect.fn("DeployEngine.awaitFinal")(function* (principal: Principal, id: DeployId) {
        const changed = yield* deployHints(store, id)
        while (true) {
          const record = yield* find(principal, id)
          if (isFinal(record.deploy.status)) return detailsOf(record, null)
          yield* changed
        }
      }, Effect.scoped)

      const lane = Effect.fn("DeployEngine.lane")(function* (principal: Principal, id: EntityId) {
        const entity = yield* catalog.entity(principal, id)
        const known = Option.getOrElse(yield* store.lane(id), () => ({
          entityId: id,
          lastSequence: 0,
          liveDeployId: null,
          hold: null
        }))
        return { ...known, queuePolicy: policyOf(entity) }
      })

      const releaseHold = Effect.fn("DeployEngine.releaseHold")(function* (principal: Principal, id: EntityId) {
        const { workspaceId } = yield* catalog.entity(principal, id)
        yield* requireRight(principal, "deploy", workspaceId)
        const by = { "entity.id": id, "hold.releasedBy": principal.subject }
        yield* Effect.annotateCurrentSpan(by)
        yield* store.releaseHold(id)
        // A hold belongs to no deploy, so no deploy's events could tell who released it.
        yield* Effect.annotateLogs(Effect.logInfo("Hold released"), by)
      })

      const cancel = Effect.fn("DeployEngine.cancel")(function* (
        principal: Principal,
        id: DeployId,
        options?: { readonly reason?: string }
      ) {
        const { deploy } = yield* find(principal, id)
        yield* requireRight(principal, "cancel", deploy.workspaceId)
        const reason = options?.reason === undefined ? null : storableText(options.reason)
        const cancellation = yield* store.cancel({ deployId: id, by: principal.subject, reason })
        if (!isFinal(deploy.status)) yield* countEnd(deploy, "cancelled")
        return cancellation
      })

      const list = Effect.fn("DeployEngine.list")((principal: Principal, options: ListOptions) =>
        Effect.flatMap(Effect.fromResult(makeQueryPlan(options, readScope(principal))), store.list)
      )

      return DeployEngine.of({
        ...creation,
        awaitFinal,
        cancel,
        list,
        listAll: (principal, options = {}) => listAll((page) => list(principal, page), options),
        // Without a span: making one costs a tenth of what the rest does.
        listJson: (principal, options) =>
          Effect.flatMap(Effect.fromResult(makeQueryPlan(options, readScope(principal))), store.listJson),
        get,
        lane,
        releaseHold,
        events: (principal, id, options) =>
          Stream.unwrap(Effect.as(find(principal, id), deployFeed(store, live, id, options?.after ?? 0))),
        watch: Effect.fn("DeployEngine.watch")((principal, options = {}) =>
          Effect.map(
            watchFeed(store, live, readScope(principal), options),
            Stream.interruptWhen(Deferred.await(closed))
          )
        )
      })
    })
  )

  /**
   * The engine with a runner in this process: it also runs what is created, here and on other nodes, for as long as the
   * layer lives. Several such nodes on one store share the work.
   */
  static readonly layerWithRunner = DeployEngine.layer.pipe(
    Layer.provideMerge(FiberDispatcher.layer),
    Layer.provide(DeployRunner.layer),
    Layer.provide(LiveEvents.layer)
  )
}
