import { Context, Effect, Layer, Option, Schema, Stream, Struct } from "effect"
import { type Cancellation, Deploy, isFinal } from "./domain/Deploy.ts"
import {
  BuildNotDeployable,
  type DeployFinished,
  Forbidden,
  type InvalidInput,
  NoDeployableBuild,
  NotFound,
  type StoreError
} from "./domain/DeployError.ts"
import type { FeedEvent } from "./domain/DeployEvent.ts"
import { DeployStep } from "./domain/DeployStep.ts"
import type { BuildId, EntityId } from "./domain/Id.ts"
import { DeployId, type WorkspaceId } from "./domain/Id.ts"
import { IdGenerator } from "./domain/IdGenerator.ts"
import { hasRight, type Principal, readScope, type Right } from "./domain/Principal.ts"
import type { CreateDeploy } from "./CreateDeploy.ts"
import { decodeCreateDeploy } from "./CreateDeploy.ts"
import { storableText } from "./domain/StorableJson.ts"
import type { ListOptions } from "./list/ListOptions.ts"
import type { Page } from "./list/Page.ts"
import { makeQueryPlan } from "./list/QueryPlan.ts"
import { Catalog } from "./ports/Catalog.ts"
import { DeployDispatcher } from "./ports/DeployDispatcher.ts"
import { type DeployRecord, DeployStore } from "./ports/DeployStore.ts"
import { deployFeed } from "./run/DeployFeed.ts"
import { DeployRunner } from "./run/DeployRunner.ts"
import * as FiberDispatcher from "./run/FiberDispatcher.ts"
import { LiveEvents } from "./run/LiveEvents.ts"

/** A deploy with its steps, and what can be done with it now. */
export const DeployDetails = Schema.Struct({
  ...Deploy.fields,
  steps: Schema.Array(DeployStep),
  canCancel: Schema.Boolean,
  canRollback: Schema.Boolean
})
/** A deploy with its steps, and what can be done with it now. */
export interface DeployDetails extends Schema.Schema.Type<typeof DeployDetails> {}

const requireRight = (principal: Principal, right: Right, workspaceId: WorkspaceId) =>
  hasRight(principal, right, workspaceId) ? Effect.void : Effect.fail(new Forbidden({ right, workspaceId }))

/** Drops what only runners see of the steps. */
const detailsOf = ({ deploy, steps }: DeployRecord): DeployDetails => ({
  ...deploy,
  steps: steps.map((step) => Struct.omit(step, ["cancellation", "undoable", "starts", "compensated"])),
  canCancel: !isFinal(deploy.status),
  canRollback: deploy.status === "completed"
})

/** Finds what a request asks to deploy, and checks that this caller may deploy it and that it can be deployed. */
const buildFinder = Effect.gen(function* () {
  const catalog = yield* Catalog
  const named = Effect.fnUntraced(function* (principal: Principal, id: BuildId) {
    const origin = Option.filter(yield* catalog.build(id), ({ entity }) =>
      hasRight(principal, "read", entity.workspaceId)
    )
    return Option.isSome(origin) ? origin.value : yield* new NotFound({ resource: "build", id })
  })
  const latest = Effect.fnUntraced(function* (principal: Principal, id: EntityId) {
    const entity = Option.filter(yield* catalog.entity(id), ({ workspaceId }) =>
      hasRight(principal, "read", workspaceId)
    )
    if (Option.isNone(entity)) return yield* new NotFound({ resource: "app", id })
    yield* requireRight(principal, "deploy", entity.value.workspaceId)
    const origin = yield* catalog.latestBuild(id)
    return Option.isSome(origin) ? origin.value : yield* new NoDeployableBuild({ entityId: id })
  })
  return Effect.fnUntraced(function* (principal: Principal, { appId, buildId }: CreateDeploy) {
    const byApp = appId === undefined ? Effect.die(new Error("A deploy of nothing")) : latest(principal, appId)
    const origin = yield* buildId === undefined ? byApp : named(principal, buildId)
    yield* requireRight(principal, "deploy", origin.entity.workspaceId)
    const { artifact, error, id, status } = origin.build
    if (status !== "completed" || artifact === null)
      return yield* new BuildNotDeployable({ buildId: id, status, error })
    return origin
  })
})

/** The use cases: what a host calls. Every call is made for a principal and sees what that principal may see. */
export class DeployEngine extends Context.Service<
  DeployEngine,
  {
    /** Creates a deploy and wakes the runner; answers once it is stored. */
    readonly create: (
      principal: Principal,
      request: CreateDeploy
    ) => Effect.Effect<
      Deploy,
      InvalidInput | NotFound | Forbidden | BuildNotDeployable | NoDeployableBuild | StoreError
    >

    /** A deploy with its steps. */
    readonly get: (principal: Principal, id: DeployId) => Effect.Effect<DeployDetails, NotFound | StoreError>

    /** A page of deploys, by default the newest 100. */
    readonly list: (principal: Principal, options: ListOptions) => Effect.Effect<Page, InvalidInput | StoreError>

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
  }
>()("@deploys/core/DeployEngine") {
  /** The engine over the ports that are provided. */
  static readonly layer = Layer.effect(
    DeployEngine,
    Effect.gen(function* () {
      const store = yield* DeployStore
      const dispatcher = yield* DeployDispatcher
      const live = yield* LiveEvents
      const ids = yield* IdGenerator
      const findBuild = yield* buildFinder

      const find = Effect.fnUntraced(function* (principal: Principal, id: DeployId) {
        const record = Option.filter(yield* store.find(id), ({ deploy }) =>
          hasRight(principal, "read", deploy.workspaceId)
        )
        return Option.isSome(record) ? record.value : yield* new NotFound({ resource: "deploy", id })
      })

      const create = Effect.fn("DeployEngine.create")(function* (principal: Principal, input: CreateDeploy) {
        const request = yield* decodeCreateDeploy(input)
        const { build, entity } = yield* findBuild(principal, request)
        const deploy = yield* store.insert({
          id: DeployId.make(yield* ids.next("dep")),
          workspaceId: entity.workspaceId,
          entityId: entity.id,
          buildId: build.id,
          trigger: "manual",
          sourceEventId: null,
          metadata: request.metadata ?? {},
          createdBy: principal.subject
        })
        yield* dispatcher.wake(deploy.id)
        return deploy
      })

      const cancel = Effect.fn("DeployEngine.cancel")(function* (
        principal: Principal,
        id: DeployId,
        options?: { readonly reason?: string }
      ) {
        const { deploy } = yield* find(principal, id)
        yield* requireRight(principal, "cancel", deploy.workspaceId)
        const reason = options?.reason === undefined ? null : storableText(options.reason)
        return yield* store.cancel({ deployId: id, by: principal.subject, reason })
      })

      return DeployEngine.of({
        create,
        cancel,
        get: Effect.fn("DeployEngine.get")((principal, id) => Effect.map(find(principal, id), detailsOf)),
        list: Effect.fn("DeployEngine.list")((principal, options) =>
          Effect.flatMap(Effect.fromResult(makeQueryPlan(options, readScope(principal))), store.list)
        ),
        events: (principal, id, options) =>
          Stream.unwrap(Effect.as(find(principal, id), deployFeed(store, live, id, options?.after ?? 0)))
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
