import {
  AccessPolicy,
  BuildId,
  BuildNotDeployable,
  type CreateDeploy,
  type Deploy,
  type DeployDetails,
  DeployEngine,
  type DeployEvent,
  DeployFinished,
  DeployId,
  DeployNotCompleted,
  EntityId,
  type FeedEvent,
  Forbidden,
  hasRight,
  IdempotencyKeyReused,
  InvalidInput,
  isLastEvent,
  type ListOptions,
  NoDeployableBuild,
  NotFound,
  type OnceOptions,
  type Principal,
  StoreError,
  Timestamp,
  trustedPrincipal,
  WorkspaceId
} from "@deploys/core"
import { Context, Effect, Layer, Option, Redacted, Ref, Stream } from "effect"

export const at = Timestamp.make("2026-11-24T17:44:12.123456Z")
export const workspaceId = WorkspaceId.make("ws_1")

const id = (digit: string) => DeployId.make(`dep_${digit.padStart(26, "0")}`)
/** `completed` went live, `running` can be cancelled, `hidden` is in a workspace that nobody but root sees. */
export const ids = { completed: id("1"), running: id("2"), created: id("3"), hidden: id("4"), missing: id("9") }

const deploy = (overrides: Partial<Deploy>): Deploy => ({
  id: ids.completed,
  workspaceId,
  entityId: EntityId.make("app_1"),
  sequenceNumber: 1,
  buildId: BuildId.make("bld_1"),
  status: "completed",
  trigger: "manual",
  sourceEventId: null,
  productionUrl: "http://app.localhost/",
  previewUrl: null,
  error: null,
  metadata: {},
  createdBy: "ada",
  startedAt: at,
  completedAt: at,
  createdAt: at,
  failureCode: null,
  isLive: true,
  ...overrides
})

export const completed = deploy({})
export const running = deploy({
  id: ids.running,
  sequenceNumber: 2,
  status: "running",
  productionUrl: null,
  completedAt: null,
  isLive: false
})
const created = deploy({ id: ids.created, status: "pending" })

export const events: ReadonlyArray<DeployEvent> = [
  {
    deployId: ids.completed,
    sequence: 1,
    at,
    type: "deploy.created",
    data: { by: "ada", trigger: "manual", buildId: BuildId.make("bld_1"), sequenceNumber: 1 }
  },
  { deployId: ids.completed, sequence: 2, at, type: "deploy.running", data: { by: "runner:a", epoch: 1 } },
  {
    deployId: ids.completed,
    sequence: 3,
    at,
    type: "log",
    data: { level: "info", message: "first\r\nsecond\n\nevent: forged", step: null }
  },
  {
    deployId: ids.completed,
    sequence: 4,
    at,
    type: "deploy.completed",
    data: { by: "runner:a", previewUrl: null, productionUrl: "http://app.localhost/" }
  }
]

const progress: FeedEvent = {
  deployId: ids.completed,
  at,
  type: "progress",
  data: { index: 0, name: "upload", done: 1, total: 2, unit: "files" }
}

/** What the engine was asked, and how a test steers it. */
export class Script extends Context.Service<
  Script,
  {
    readonly lists: Ref.Ref<ReadonlyArray<ListOptions>>
    readonly creates: Ref.Ref<ReadonlyArray<CreateDeploy>>
    readonly cancels: Ref.Ref<ReadonlyArray<string | undefined>>
    readonly rollbacks: Ref.Ref<ReadonlyArray<string | undefined>>
    readonly principals: Ref.Ref<ReadonlyArray<Principal>>
    /** What becomes of each call before it is answered. */
    readonly before: Ref.Ref<Effect.Effect<void, StoreError>>
    readonly feed: Ref.Ref<Stream.Stream<FeedEvent, StoreError>>
    readonly readers: Ref.Ref<number>
    /** Ends the wait for a deploy's end. */
    readonly final: Ref.Ref<Effect.Effect<void>>
    /** How many wait for a deploy's end. */
    readonly waiters: Ref.Ref<number>
    /** What is said of a token, where it is not what `layerAccess` says. */
    readonly tokens: Ref.Ref<ReadonlyMap<string, Effect.Effect<Option.Option<Principal>, StoreError>>>
    /** How often it was asked whose token it is. */
    readonly authentications: Ref.Ref<number>
  }
>()("test/Script") {
  static readonly layer = Layer.effect(
    Script,
    Effect.all({
      lists: Ref.make<ReadonlyArray<ListOptions>>([]),
      creates: Ref.make<ReadonlyArray<CreateDeploy>>([]),
      cancels: Ref.make<ReadonlyArray<string | undefined>>([]),
      rollbacks: Ref.make<ReadonlyArray<string | undefined>>([]),
      principals: Ref.make<ReadonlyArray<Principal>>([]),
      before: Ref.make<Effect.Effect<void, StoreError>>(Effect.void),
      feed: Ref.make<Stream.Stream<FeedEvent, StoreError>>(
        Stream.fromIterable([...events.slice(0, 2), progress, ...events.slice(2)])
      ),
      readers: Ref.make(0),
      final: Ref.make<Effect.Effect<void>>(Effect.void),
      waiters: Ref.make(0),
      tokens: Ref.make<ReadonlyMap<string, Effect.Effect<Option.Option<Principal>, StoreError>>>(new Map()),
      authentications: Ref.make(0)
    })
  )
}

const note = <A>(ref: Ref.Ref<ReadonlyArray<A>>, value: A) => Ref.update(ref, (all) => [...all, value])

export const layerEngine = Layer.effect(
  DeployEngine,
  Effect.gen(function* () {
    const script = yield* Script
    const begin = (principal: Principal) =>
      Effect.andThen(note(script.principals, principal), Effect.flatten(Ref.get(script.before)))
    const find = (principal: Principal, id: DeployId) => {
      const row = [completed, running, created].find((row) => row.id === id)
      return row === undefined || !hasRight(principal, "read", row.workspaceId)
        ? Effect.fail(new NotFound({ resource: "deploy", id }))
        : Effect.succeed(row)
    }
    const get = Effect.fnUntraced(function* (principal: Principal, id: DeployId) {
      yield* begin(principal)
      const row = yield* find(principal, id)
      const details: DeployDetails = {
        ...row,
        steps: [],
        canCancel: row.status === "running",
        canRollback: false,
        waiting: null
      }
      return details
    })
    /** Knows which keys it has seen, and for what. */
    const seen = new Map<string, string>()
    const replayed = Effect.fnUntraced(function* (what: string, options: OnceOptions | undefined) {
      const { idempotencyKey: key } = options ?? {}
      if (key === undefined) return false
      const earlier = seen.get(key)
      if (earlier !== undefined && earlier !== what) return yield* new IdempotencyKeyReused({ key })
      seen.set(key, what)
      return earlier !== undefined
    })
    const list = Effect.fnUntraced(function* (principal: Principal, options: ListOptions) {
      yield* begin(principal)
      yield* note(script.lists, options)
      if (options.after !== undefined && options.before !== undefined) {
        return yield* new InvalidInput({
          faults: [{ path: "/before", code: "conflict", message: "Not together with after" }]
        })
      }
      const data = [running, completed]
      const pageInfo = {
        total: options.total === false ? null : data.length,
        hasNextPage: false,
        hasPreviousPage: false,
        startCursor: "c1",
        endCursor: "c2"
      }
      return { data, pageInfo }
    })
    return DeployEngine.of({
      get,
      awaitFinal: (principal, id) =>
        Effect.andThen(
          Ref.update(script.waiters, (n) => n + 1),
          Effect.andThen(Effect.flatten(Ref.get(script.final)), get(principal, id))
        ).pipe(Effect.ensuring(Ref.update(script.waiters, (n) => n - 1))),
      list,
      listJson: (principal, options) => Effect.map(list(principal, options), JSON.stringify),
      listAll: () => Stream.make(running, completed),
      create: Effect.fnUntraced(function* (principal, request, options) {
        yield* begin(principal)
        yield* note(script.creates, request)
        if (request.buildId === undefined && request.appId === undefined) {
          return yield* new InvalidInput({
            faults: [{ path: "/buildId", code: "required", message: "Either buildId or appId" }]
          })
        }
        if (request.buildId === "bld_missing") return yield* new NotFound({ resource: "build", id: request.buildId })
        if (request.buildId === "bld_running") {
          return yield* new BuildNotDeployable({ buildId: request.buildId, status: "running", error: null })
        }
        if (request.appId !== undefined) return yield* new NoDeployableBuild({ entityId: request.appId })
        if (!hasRight(principal, "deploy", workspaceId)) {
          return yield* new Forbidden({ right: "deploy", workspaceId })
        }
        const row = deploy({ id: ids.created, status: "pending", metadata: request.metadata ?? {} })
        return { ...row, replayed: yield* replayed("create", options) }
      }),
      deployForEvent: () => Effect.die(new Error("The API makes no automatic deploys")),
      lane: () => Effect.die(new Error("The API of this package tells of no lane")),
      releaseHold: () => Effect.die(new Error("The API of this package releases no hold")),
      rollback: Effect.fnUntraced(function* (principal, id, options) {
        yield* begin(principal)
        yield* note(script.rollbacks, options?.reason)
        const { failureCode, status } = yield* find(principal, id)
        if (!hasRight(principal, "deploy", workspaceId)) return yield* new Forbidden({ right: "deploy", workspaceId })
        if (status !== "completed") return yield* new DeployNotCompleted({ deployId: id, status, failureCode })
        const row = deploy({ id: ids.created, status: "pending", trigger: "rollback" })
        return { ...row, replayed: yield* replayed("rollback", options) }
      }),
      cancel: Effect.fnUntraced(function* (principal, id, options) {
        yield* begin(principal)
        yield* note(script.cancels, options?.reason)
        const row = yield* find(principal, id)
        if (!hasRight(principal, "cancel", workspaceId)) return yield* new Forbidden({ right: "cancel", workspaceId })
        if (row.status === "completed") {
          return yield* new DeployFinished({ deployId: id, status: row.status, failureCode: null })
        }
        return { reason: options?.reason ?? null, by: principal.subject, at }
      }),
      watch: () => Effect.die("nobody watches"),
      events: (_, __, options) =>
        Stream.unwrap(
          Effect.gen(function* () {
            const feed = yield* Ref.get(script.feed)
            yield* Effect.acquireRelease(
              Ref.update(script.readers, (n) => n + 1),
              () => Ref.update(script.readers, (n) => n - 1)
            )
            return feed.pipe(
              Stream.filter((event) => !("sequence" in event) || event.sequence > (options?.after ?? 0)),
              Stream.takeUntil(isLastEvent)
            )
          })
        )
    })
  })
)

/** Whose the token is unless the script says otherwise. */
const principalOf = (name: string): Effect.Effect<Option.Option<Principal>, StoreError> => {
  if (name === "root") return Effect.succeedSome(trustedPrincipal("root"))
  if (name === "reader") {
    return Effect.succeedSome({ subject: "reader", everywhere: [], workspaces: { [workspaceId]: ["read"] } })
  }
  if (name === "stranger") return Effect.succeedSome({ subject: "stranger", everywhere: [], workspaces: {} })
  return name === "down"
    ? Effect.fail(new StoreError({ operation: "authenticate", cause: new Error("canary-secret") }))
    : Effect.succeed(Option.none())
}

/** `root` may do all, `reader` may only read, `stranger` sees nothing; while the store is down nobody is told apart. */
export const layerAccess = Layer.effect(
  AccessPolicy,
  Effect.map(Script, ({ authentications, tokens }) => ({
    authenticate: Effect.fnUntraced(function* (token: Redacted.Redacted) {
      yield* Ref.update(authentications, (n) => n + 1)
      const name = Redacted.value(token)
      return yield* (yield* Ref.get(tokens)).get(name) ?? principalOf(name)
    })
  }))
)

/** All that the API stands on. */
export const layer = Layer.merge(layerEngine, layerAccess).pipe(Layer.provideMerge(Script.layer))
