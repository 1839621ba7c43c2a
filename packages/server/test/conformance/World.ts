import {
  AccessPolicy,
  BuildId,
  Catalog,
  CatalogRegistry,
  DeployEngine,
  MemoryAccess,
  MemoryCatalog,
  MemoryStore,
  type Right,
  StoreError,
  trustedPrincipal,
  WorkspaceId
} from "@deploys/core"
import { ScriptedTarget } from "@deploys/core/testing"
import { FetchHandler, HttpLimits } from "@deploys/http"
import { Pglite, SqlTokens } from "@deploys/sql-store"
import { NodeServices } from "@effect/platform-node"
import { Clock, Context, Duration, Effect, Layer, Option, References, Scope, Stream } from "effect"
import { HttpRouter } from "effect/http"
import { BuildUploads } from "../../src/builds/BuildUploads.ts"
import { SiteLimits } from "../../src/builds/SiteLimits.ts"
import { DataFolder } from "../../src/DataFolder.ts"
import * as ServerApp from "../../src/ServerApp.ts"
import { temporary } from "../support/folders.ts"
import type { Answer } from "./Document.ts"

/** Who calls: each name is a token. Bo may only read in `mine`, and nobody but root sees `theirs`. */
const access = MemoryAccess.layerOf({
  root: { subject: "root", everywhere: ["read", "deploy", "cancel", "admin"], workspaces: {} },
  ada: { subject: "ada", everywhere: [], workspaces: { mine: ["read", "deploy", "cancel", "admin"] } },
  bo: { subject: "bo", everywhere: [], workspaces: { mine: ["read"] } }
})

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "mine" }, { id: "theirs" }],
  entities: [
    { id: "shop", workspaceId: "mine", name: "shop" },
    { id: "slow", workspaceId: "mine", name: "slow" },
    { id: "empty", workspaceId: "mine", name: "empty" }
  ],
  versions: [
    { id: "shop-main", entityId: "shop" },
    { id: "slow-main", entityId: "slow" },
    { id: "empty-main", entityId: "empty" }
  ],
  builds: [
    { id: "shop-1", versionId: "shop-main", artifact: "files" },
    { id: "shop-2", versionId: "shop-main", artifact: "files" },
    { id: "shop-3", versionId: "shop-main", status: "running" },
    { id: "slow-1", versionId: "slow-main", artifact: "files" }
  ]
})

const target = ScriptedTarget.layerOf(({ entity }) => [
  entity.id === "slow" ? ScriptedTarget.hangs("publish") : ScriptedTarget.succeeds("publish", { files: 1 })
])

/**
 * What goes wrong with a request.
 *
 * - `defect`: what the handlers call dies. `route`: so does whatever stands behind the router.
 * - `away`: the store can't answer. `gone`: builds that were deployed are not deployable any more.
 * - `poor`: the caller has no request left. `stalled`: the body does not come, and nobody waits for long.
 */
export type Fault = "defect" | "route" | "away" | "gone" | "poor" | "stalled"

class Faults extends Context.Service<Faults, { current: Fault | undefined }>()("test/Faults") {}

/** The service, as long as nothing is to go wrong. */
const faulty = <S extends object>(service: S, faults: Faults["Service"]): S => {
  const guarded = <A>(value: A) =>
    Effect.isEffect(value)
      ? Effect.suspend((): Effect.Effect<unknown, unknown, unknown> => {
          if (faults.current === "defect") return Effect.die(new Error("canary-secret"))
          if (faults.current !== "away") return value
          return Effect.fail(new StoreError({ operation: "any", cause: new Error("canary-secret") }))
        })
      : value
  return new Proxy(service, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key)
      return typeof value === "function"
        ? (...args: ReadonlyArray<unknown>) => guarded(Reflect.apply(value, target, args))
        : guarded(value)
    }
  })
}

const withoutArtifact = (faults: Faults["Service"]) =>
  Layer.effect(
    Catalog,
    Effect.map(Catalog, (catalog) => ({
      ...catalog,
      build: (id) =>
        Effect.map(
          catalog.build(id),
          Option.map((found) =>
            faults.current === "gone" ? { ...found, build: { ...found.build, status: "failed" as const } } : found
          )
        )
    }))
  )

const data = Layer.unwrap(Effect.map(temporary, (folder) => DataFolder.layer(`${folder}/data`))).pipe(
  Layer.provideMerge(NodeServices.layer)
)

const made = Layer.unwrap(
  Effect.map(Faults, (faults) =>
    Layer.mergeAll(
      DeployEngine.layerWithRunner.pipe(
        Layer.provide([MemoryStore.layer, target]),
        Layer.provide(withoutArtifact(faults))
      ),
      BuildUploads.layer,
      SqlTokens.layer.pipe(Layer.provide(Pglite.layerMemory))
    )
  )
).pipe(Layer.provideMerge(catalog), Layer.provideMerge(data))

const faultyServices = Effect.gen(function* () {
  const faults = yield* Faults
  return Context.empty().pipe(
    Context.add(AccessPolicy, yield* AccessPolicy),
    Context.add(BuildUploads, yield* BuildUploads),
    Context.add(Catalog, faulty(yield* Catalog, faults)),
    Context.add(CatalogRegistry, faulty(yield* CatalogRegistry, faults)),
    Context.add(DeployEngine, faulty(yield* DeployEngine, faults)),
    Context.add(SqlTokens, faulty(yield* SqlTokens, faults))
  )
})

const routerOf = (faults: Faults["Service"]) =>
  HttpRouter.middleware(
    (httpEffect) =>
      Effect.suspend(() => (faults.current === "route" ? Effect.die(new Error("canary-secret")) : httpEffect)),
    { global: true }
  )

const silent = Layer.succeed(References.MinimumLogLevel, "None")

/** Waits for a thousandth of the time that it is told to. */
const hurried = Layer.effect(
  Clock.Clock,
  Effect.map(
    Clock.Clock,
    (clock) =>
      new Proxy(clock, {
        get: (_, key) =>
          key === "sleep"
            ? (duration: Duration.Duration) => clock.sleep(Duration.divideUnsafe(duration, 1000))
            : Reflect.get(clock, key)
      })
  )
)

const impatient = Layer.merge(
  hurried,
  Layer.effect(
    SiteLimits,
    Effect.map(SiteLimits, (limits) => ({ ...limits, stallSeconds: 0.05 }))
  )
)

const poor = Layer.succeed(HttpLimits, { requests: 1, windowSeconds: 86_400, openPerCaller: 1, open: 1 })

/** What there is before the first request, by what it is good for. */
const addRows = Effect.gen(function* () {
  const [engine, tokens] = [yield* DeployEngine, yield* SqlTokens]
  const root = trustedPrincipal("root")
  const create = (id: string) => engine.create(root, { buildId: BuildId.make(id) })
  const completed = yield* create("shop-1")
  yield* Stream.runDrain(engine.events(root, completed.id))
  const cancelled = yield* create("slow-1")
  yield* engine.cancel(root, cancelled.id)
  const running = yield* create("slow-1")
  const about = { name: "CI", subject: "ci", createdBy: "root", expiresAt: null, everywhere: [] }
  const issue = (rights: ReadonlyArray<Right>) =>
    tokens.issue({ ...about, workspaces: { [WorkspaceId.make("mine")]: rights } })
  const { row: token } = yield* issue(["read"])
  return { completed: completed.id, cancelled: cancelled.id, running: running.id, token: token.id }
})

/** A request, and what is to go wrong with it. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: BodyInit | undefined
  readonly fault?: Fault | undefined
}

const served = Effect.fnUntraced(function* (extra: Layer.Layer<never>) {
  const services = yield* faultyServices
  const app = Layer.merge(ServerApp.layer, routerOf(yield* Faults)).pipe(
    Layer.provide(Layer.succeedContext(services)),
    Layer.provide([extra, silent])
  )
  const { handler } = yield* Effect.acquireRelease(
    Effect.sync(() => FetchHandler.make(app)),
    ({ dispose }) => Effect.promise(dispose)
  )
  return handler
})

const make = Effect.gen(function* () {
  const faults = yield* Faults
  const handlers = {
    poor: yield* served(poor),
    stalled: yield* served(impatient),
    usual: yield* served(Layer.empty)
  }
  const rows = yield* addRows
  const services = Context.omit(Scope.Scope)(yield* Effect.context<Effect.Services<ReturnType<typeof served>>>())
  const another = Effect.provideContext(served(Layer.empty), services)
  const handlerOf = ({ fault, path }: Sent) => {
    // It remembers for a second whether the store answers.
    if (path.startsWith("/readyz")) return another
    return Effect.succeed(handlers[fault === "poor" || fault === "stalled" ? fault : "usual"])
  }
  const send = Effect.fnUntraced(function* (sent: Sent) {
    const { body, fault, headers, method, path } = sent
    const handler = yield* handlerOf(sent)
    const content = body === undefined ? {} : { body, duplex: "half" }
    const ask = () => handler(new Request(`http://localhost${path}`, { method, headers, ...content }))
    return yield* Effect.promise(async (): Promise<Answer> => {
      if (fault === "poor") await ask()
      faults.current = fault
      const response = await ask()
      const text = await response.text()
      faults.current = undefined
      return { status: response.status, headers: response.headers, text }
    })
  }, Effect.scoped)
  return { rows, send }
})

/** The server's routes on memory, with tokens in PGlite, and a way to let things go wrong. */
export class World extends Context.Service<World, Effect.Success<typeof make>>()("test/World") {
  static readonly layer = Layer.effect(World, make).pipe(
    Layer.provide(made),
    Layer.provide([access, silent]),
    Layer.provide(Layer.sync(Faults, () => ({ current: undefined })))
  )
}
