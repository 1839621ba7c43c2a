import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { BuildId, DeployId, EntityId, SourceEventId, WorkspaceId } from "../../src/domain/Id.ts"
import { DeployFields } from "../../src/list/DeployFields.ts"
import * as Filter from "../../src/list/Filter.ts"
import { newest } from "../../src/list/Order.ts"
import * as MemoryCatalog from "../../src/memory/MemoryCatalog.ts"
import * as MemoryStore from "../../src/memory/MemoryStore.ts"
import { DeployStore, type NewDeploy } from "../../src/ports/DeployStore.ts"

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme", name: "Acme" }],
  entities: [
    { id: "shop", workspaceId: "acme", name: "shop.acme" },
    { id: "blog", workspaceId: "acme", kind: "function" }
  ],
  versions: [
    { id: "shop-main", entityId: "shop" },
    { id: "blog-main", entityId: "blog" }
  ],
  builds: [
    { id: "shop-1", versionId: "shop-main", branch: "main" },
    { id: "blog-1", versionId: "blog-main", branch: "fix" }
  ],
  sourceEvents: [{ id: "push-1", workspaceId: "acme", payload: { ref: "main" } }]
})
const store = Layer.provide(MemoryStore.layer, catalog)

const idOf = (count: number) => DeployId.make(`dep_${String(count).padStart(26, "0")}`)

const asked = (count: number, app: string): NewDeploy => ({
  id: idOf(count),
  workspaceId: WorkspaceId.make("acme"),
  entityId: EntityId.make(app),
  buildId: BuildId.make(`${app}-1`),
  trigger: "manual",
  sourceEventId: null,
  metadata: {},
  createdBy: "ada"
})

const insert = (count: number, app: string) => DeployStore.use((deploys) => deploys.insert(asked(count, app)))

const claim = Effect.fnUntraced(function* (deployId: DeployId, leaseMillis = 1000) {
  const deploys = yield* DeployStore
  const steps = [{ name: "upload", cancellation: "interrupt", undoable: false } as const]
  return yield* deploys.claim({ deployId, owner: "runner", leaseMillis, steps })
})

const listed = Effect.fnUntraced(function* (filter: Filter.Filter) {
  const deploys = yield* DeployStore
  const page = yield* deploys.list({ filter, scope: "all", order: newest, position: null, limit: 100, total: true })
  return page.data.map(({ entityId }) => entityId)
})

it.effect("a clock that goes back does not take a deploy's times back", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(10_000)
    const deploy = yield* insert(1, "shop")
    yield* TestClock.setTime(4000)
    const claimed = Option.getOrThrow(yield* claim(deploy.id))
    assert.strictEqual(claimed.deploy.startedAt, deploy.createdAt)
    const other = yield* insert(2, "blog")
    assert.isTrue(other.createdAt < deploy.createdAt)
  }).pipe(Effect.provide(store))
)

it.effect("a lease ends exactly when its time is over", () =>
  Effect.gen(function* () {
    const deploys = yield* DeployStore
    const { id } = yield* insert(1, "shop")
    yield* claim(id, 1000)
    const offered = Effect.map(deploys.claimable({ owner: "other", limit: 10 }), (ids) => ids.includes(id))
    yield* TestClock.adjust(999)
    assert.isFalse(yield* offered)
    yield* TestClock.adjust(1)
    assert.isTrue(yield* offered)
  }).pipe(Effect.provide(store))
)

it.effect("a list finds deploys by what the catalog says of them", () =>
  Effect.gen(function* () {
    yield* insert(1, "shop")
    yield* insert(2, "blog")
    const { build, deploy, entity, version, workspace } = DeployFields
    const named = Filter.equals(Filter.subject(entity.fields.name), "shop.acme")
    const ofBranch = Filter.equals(Filter.subject(build.fields.branch), "fix")
    const viaVersion = Filter.related(build.relations.version, Filter.related(version.relations.entity, named))
    const inAcme = Filter.equals(Filter.subject(workspace.fields.name), "Acme")
    assert.deepStrictEqual(yield* listed(Filter.related(deploy.relations.entity, named)), ["shop"])
    assert.deepStrictEqual(yield* listed(Filter.related(deploy.relations.build, ofBranch)), ["blog"])
    assert.deepStrictEqual(yield* listed(Filter.related(deploy.relations.build, viaVersion)), ["shop"])
    assert.lengthOf(yield* listed(Filter.related(deploy.relations.workspace, inAcme)), 2)
    assert.deepStrictEqual(yield* listed(Filter.related(deploy.relations.sourceEvent, Filter.everything)), [])
  }).pipe(Effect.provide(store))
)

it.effect("a list finds deploys by their steps", () =>
  Effect.gen(function* () {
    yield* insert(1, "shop")
    yield* claim((yield* insert(2, "blog")).id)
    const { deploy, step } = DeployFields
    const named = Filter.equals(Filter.subject(step.fields.name), "upload")
    const some = Filter.related(deploy.relations.steps, named)
    assert.deepStrictEqual(yield* listed(some), ["blog"])
    assert.deepStrictEqual(yield* listed(Filter.not(some)), ["shop"])
  }).pipe(Effect.provide(store))
)

it.effect("a filter leads to the source event of a deploy, and to its workspace", () =>
  Effect.gen(function* () {
    const deploys = yield* DeployStore
    yield* insert(1, "shop")
    yield* deploys.insert({ ...asked(2, "blog"), trigger: "auto", sourceEventId: SourceEventId.make("push-1") })
    const { sourceEvent } = DeployFields.deploy.relations
    const { workspace } = DeployFields.sourceEvent.relations
    const { name } = DeployFields.workspace.fields
    const named = Filter.related(workspace, Filter.equals(Filter.subject(name), "Acme"))
    assert.deepStrictEqual<ReadonlyArray<string>>(yield* listed(Filter.related(sourceEvent, named)), ["blog"])
  }).pipe(Effect.provide(store))
)

it.effect("an idempotency key is forgotten after 24 hours, and not before", () =>
  Effect.gen(function* () {
    const deploys = yield* DeployStore
    const once = { principal: "ada", key: "k", request: "one" }
    const first = yield* deploys.insert(asked(1, "shop"), { once })
    yield* TestClock.adjust("1439 minutes")
    assert.deepStrictEqual(yield* deploys.insert(asked(2, "shop"), { once }), first)
    yield* TestClock.adjust("1 minute")
    assert.isTrue(Option.isNone(yield* deploys.remembered(once)))
    const other = { ...once, request: "another" }
    assert.strictEqual((yield* deploys.insert(asked(3, "shop"), { once: other })).id, idOf(3))
  }).pipe(Effect.provide(store))
)
