import { Effect, Option, Schedule, type Schema } from "effect"
import { catalogLookup, requireRight } from "./CatalogLookup.ts"
import {
  type CreateDeploy,
  decodeCreateDeploy,
  decodeDeployForEvent,
  decodeOnceOptions,
  type DeployForEvent,
  type OnceOptions
} from "./CreateDeploy.ts"
import type { Deploy } from "./domain/Deploy.ts"
import { DeployNotCompleted, type InvalidInput, NotFound } from "./domain/DeployError.ts"
import { DeployId } from "./domain/Id.ts"
import { type KeyedRequest, requestText } from "./domain/Idempotency.ts"
import { IdGenerator } from "./domain/IdGenerator.ts"
import { hasRight, type Principal } from "./domain/Principal.ts"
import { storableText } from "./domain/StorableJson.ts"
import type { BuildOrigin } from "./ports/Catalog.ts"
import { DeployDispatcher } from "./ports/DeployDispatcher.ts"
import { DeployStore, type InsertOptions, type NewDeploy } from "./ports/DeployStore.ts"
import { QueuePolicies } from "./QueuePolicies.ts"

/** A deploy that a call asked for. */
export interface CreatedDeploy extends Deploy {
  /** Whether an earlier call had made it: one with the same idempotency key, or for the same source event. */
  readonly replayed: boolean
}

/** What a new deploy is of, and why it is there. */
interface Wanted extends Pick<BuildOrigin, "build" | "entity"> {
  readonly given: Pick<NewDeploy, "trigger" | "sourceEventId" | "metadata">
  readonly options?: Pick<InsertOptions, "hold">
}

const keyed = Effect.fnUntraced(function* (
  principal: Principal,
  options: OnceOptions | undefined,
  request: Schema.Json
): Effect.fn.Return<KeyedRequest | undefined, InvalidInput> {
  if (options?.idempotencyKey === undefined) return undefined
  const { idempotencyKey: key } = yield* decodeOnceOptions({ idempotencyKey: options.idempotencyKey })
  return { principal: principal.subject, key, request: requestText(request) }
})

/** An insert whose answer was lost is sent again under the id that it has: the caller, who knows no id, could only double it. */
const again = Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 2 }))

/** The calls that make a deploy. Each is durable before it answers, and then wakes the dispatcher. */
export const deployCreation = Effect.gen(function* () {
  const store = yield* DeployStore
  const dispatcher = yield* DeployDispatcher
  const ids = yield* IdGenerator
  const policyOf = yield* QueuePolicies
  const find = yield* catalogLookup

  const insert = Effect.fnUntraced(function* (
    principal: Principal,
    { build, entity, given, options }: Wanted,
    once?: KeyedRequest
  ) {
    const id = DeployId.make(yield* ids.next("dep"))
    const { id: entityId, workspaceId } = entity
    const adding = store.insert(
      { ...given, id, workspaceId, entityId, buildId: build.id, createdBy: principal.subject },
      { ...options, queuePolicy: policyOf(entity), ...(once === undefined ? {} : { once }) }
    )
    const deploy = yield* Effect.retry(adding, { schedule: again, while: ({ _tag }) => _tag === "StoreError" })
    yield* dispatcher.wake(deploy.id)
    return { ...deploy, replayed: deploy.id !== id } satisfies CreatedDeploy
  })

  /** A repeated request answers with what it made, whatever has become of the build and the app since. */
  const make = Effect.fnUntraced(function* <E>(
    principal: Principal,
    once: KeyedRequest | undefined,
    wanted: Effect.Effect<Wanted, E>
  ) {
    const known = once === undefined ? Option.none<Deploy>() : yield* store.remembered(once)
    const replay = Option.filter(
      known,
      ({ workspaceId }) => hasRight(principal, "read", workspaceId) && hasRight(principal, "deploy", workspaceId)
    )
    if (Option.isSome(replay)) return { ...replay.value, replayed: true } satisfies CreatedDeploy
    return yield* insert(principal, yield* wanted, once)
  })

  const asked = (principal: Principal, { appId, buildId }: Pick<CreateDeploy, "appId" | "buildId">) => {
    if (buildId !== undefined) return find.build(principal, buildId)
    return appId === undefined ? Effect.die(new Error("A deploy of nothing")) : find.latestBuild(principal, appId)
  }

  const completed = Effect.fnUntraced(function* (principal: Principal, id: DeployId) {
    const record = Option.filter(yield* store.find(id), ({ deploy }) => hasRight(principal, "read", deploy.workspaceId))
    if (Option.isNone(record)) return yield* new NotFound({ resource: "deploy", id })
    const { failureCode, status, workspaceId, buildId } = record.value.deploy
    yield* requireRight(principal, "deploy", workspaceId)
    return status === "completed" ? buildId : yield* new DeployNotCompleted({ deployId: id, status, failureCode })
  })

  return {
    create: Effect.fn("DeployEngine.create")(function* (
      principal: Principal,
      input: CreateDeploy,
      options?: OnceOptions
    ) {
      const request = yield* decodeCreateDeploy(input)
      const wanted = Effect.map(asked(principal, request), (origin): Wanted => ({
        ...origin,
        given: { trigger: "manual", sourceEventId: null, metadata: request.metadata ?? {} }
      }))
      return yield* make(principal, yield* keyed(principal, options, { create: { ...request } }), wanted)
    }),

    deployForEvent: Effect.fn("DeployEngine.deployForEvent")(
      function* (principal: Principal, input: DeployForEvent) {
        const { metadata = {}, sourceEventId, ...request } = yield* decodeDeployForEvent(input)
        const origin = yield* asked(principal, request)
        yield* find.sourceEvent(sourceEventId, origin.entity.workspaceId)
        return yield* insert(principal, { ...origin, given: { trigger: "auto", sourceEventId, metadata } })
      },
      Effect.catchTag("IdempotencyKeyReused", Effect.die)
    ),

    rollback: Effect.fn("DeployEngine.rollback")(function* (
      principal: Principal,
      id: DeployId,
      options?: OnceOptions & { readonly reason?: string }
    ) {
      const reason = options?.reason === undefined ? null : storableText(options.reason)
      const wanted = Effect.gen(function* () {
        const origin = yield* find.build(principal, yield* completed(principal, id))
        const given = { trigger: "rollback", sourceEventId: null, metadata: {} } as const
        return { ...origin, given, options: { hold: { by: principal.subject, reason } } } satisfies Wanted
      })
      return yield* make(principal, yield* keyed(principal, options, { rollback: { id, reason } }), wanted)
    })
  }
})
