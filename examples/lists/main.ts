/** Lists of deploys with typed filters: pages, walks over all of them, and a stream. It checks what it finds, and ends. */
import {
  BuildId,
  DeployEngine,
  type DeployFilter,
  DeployTarget,
  makeDeploys,
  makePlan,
  makeStep,
  MemoryCatalog,
  MemoryStore,
  StepError,
  trustedPrincipal
} from "@deploys/core"
import { Effect, Layer, Schedule, Schema, Stream } from "effect"
import assert from "node:assert/strict"

/** What one pull request brings is broken. */
const publish = makeStep({
  name: "publish",
  output: Schema.String,
  retry: Schedule.recurs(0),
  run: ({ deploy }) =>
    deploy.metadata["pr"] === 3
      ? Effect.fail(new StepError({ message: "The CDN timed out" }))
      : Effect.succeed(`https://${deploy.entityId}.example.com/`)
})
const target = Layer.succeed(DeployTarget, { plan: () => makePlan([publish]) })

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme" }],
  entities: [
    { id: "shop", workspaceId: "acme", name: "Shop" },
    { id: "blog", workspaceId: "acme", name: "Blog" }
  ],
  versions: [
    { id: "shop-main", entityId: "shop" },
    { id: "blog-main", entityId: "blog" }
  ],
  builds: [
    { id: "shop-7", versionId: "shop-main", artifact: "shop/7", branch: "main" },
    { id: "blog-2", versionId: "blog-main", artifact: "blog/2", branch: "fix/typo" }
  ]
})

const engine = DeployEngine.layerWithRunner.pipe(Layer.provide([MemoryStore.layer, target]), Layer.provide(catalog))
const deploys = makeDeploys(engine)

for (const pr of [1, 2, 3, 4, 5]) {
  const { id } = await deploys.create({ buildId: pr < 3 ? "shop-7" : "blog-2", metadata: { pr, labels: ["web"] } })
  await deploys.finished(id)
}

// #region list
const failing = await deploys.list({
  filter: {
    entity: { name: { iStartsWith: "b" } },
    OR: [{ error: { contains: "timed out" } }, { steps: { some: { status: { eq: "failed" } } } }],
    NOT: { metadata: { path: { keys: ["pr"], lt: 3 } } }
  },
  orderBy: [{ completedAt: "desc_nulls_last" }, { sequenceNumber: "asc" }],
  limit: 20
})
console.log(
  `${failing.pageInfo.total} failed:`,
  failing.data.map((deploy) => deploy.error)
)
// #endregion
assert.deepEqual(
  failing.data.map(({ metadata }) => metadata["pr"]),
  [3]
)

// #region pages
const first = await deploys.list({ limit: 2 })
const { endCursor, hasNextPage } = first.pageInfo
const second = hasNextPage && endCursor !== null ? await deploys.list({ limit: 2, after: endCursor }) : first
// #endregion
const prs = (page: typeof first) => page.data.map(({ metadata }) => metadata["pr"])
assert.deepEqual(
  [prs(first), prs(second)],
  [
    [5, 4],
    [3, 2]
  ]
)

// #region walk
const inAWorkspace: DeployFilter = { workspaceId: { eq: "acme" }, isLive: { eq: true } }
const live: Array<string> = []
for await (const deploy of deploys.listAll({ filter: inAWorkspace, orderBy: [{ entityId: "asc" }] })) {
  live.push(`${deploy.entityId} ${deploy.sequenceNumber}`)
}
// #endregion
assert.deepEqual(live, ["blog 3", "shop 2"])

// #region stream
const oldest = (count: number) =>
  Effect.gen(function* () {
    const engine = yield* DeployEngine
    const all = engine.listAll(trustedPrincipal("report"), {
      filter: { status: { in: ["completed", "failed"] } },
      orderBy: [{ createdAt: "asc" }]
    })
    return yield* Stream.runCollect(Stream.take(all, count))
  })
// #endregion

// #region filters
const filters: ReadonlyArray<DeployFilter> = [
  { status: { in: ["failed", "running"] }, createdBy: { ne: "ci" } },
  { createdAt: { gte: "2026-11-24T00:00:00Z", lt: "2026-11-25T00:00:00+01:00" } },
  { OR: [{ error: { iContains: "timeout" } }, { failureCode: { eq: "timed_out" } }] },
  { build: { branch: { startsWith: "fix/" }, version: { isDefault: { eq: true } } } },
  { sourceEvent: { isNull: true } },
  { steps: { some: { name: { eq: "publish" }, attempt: { gt: 1 } }, none: { status: { eq: "discarded" } } } },
  { metadata: { contains: { labels: ["web"] }, path: { keys: ["pr"], gte: 3 } } }
]
// #endregion

const found = await Promise.all(filters.map(async (filter) => (await deploys.list({ filter })).pageInfo.total))
assert.deepEqual(found.toSpliced(1, 1), [1, 0, 3, 5, 0, 3])

const wrong = await deploys
  .list(JSON.parse('{"filter":{"status":{"gt":3}},"limit":0}'))
  .catch((error: unknown) => error)
assert.match(String(wrong), /\/filter\/status\/gt.*Unknown operator/)
console.log(`refused: ${String(wrong)}`)

await deploys.dispose()

const streamed = await Effect.runPromise(
  Effect.gen(function* () {
    const engine = yield* DeployEngine
    const { id } = yield* engine.create(trustedPrincipal("report"), { buildId: BuildId.make("shop-7") })
    yield* Stream.runDrain(engine.events(trustedPrincipal("report"), id))
    return yield* oldest(10)
  }).pipe(Effect.provide(engine))
)
assert.equal(streamed.length, 1)
