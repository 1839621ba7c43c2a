import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option } from "effect"
import { BuildId, EntityId } from "../../src/domain/Id.ts"
import * as MemoryCatalog from "../../src/memory/MemoryCatalog.ts"
import { Catalog } from "../../src/ports/Catalog.ts"
import { CatalogRegistry } from "../../src/ports/CatalogRegistry.ts"

const shop = {
  workspaces: [{ id: "acme" }],
  entities: [{ id: "shop", workspaceId: "acme" }],
  versions: [
    { id: "main", entityId: "shop" },
    { id: "next", entityId: "shop" }
  ]
}

it.effect("a build needs no more than its id and its version", () =>
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const createdAt = "1970-01-01T00:00:00.000000Z"
    const { build, entity, version } = Option.getOrThrow(yield* catalog.build(BuildId.make("b-1")))
    assert.deepStrictEqual(build as object, {
      id: "b-1",
      versionId: "main",
      status: "completed",
      artifact: null,
      branch: null,
      commitSha: null,
      commitMessage: null,
      error: null,
      createdAt,
      completedAt: createdAt
    })
    assert.deepStrictEqual(entity as object, { id: "shop", workspaceId: "acme", kind: "app", name: "shop", createdAt })
    assert.deepStrictEqual(version as object, {
      id: "main",
      entityId: "shop",
      name: "main",
      isDefault: true,
      createdAt
    })
  }).pipe(Effect.provide(MemoryCatalog.layerOf({ ...shop, builds: [{ id: "b-1", versionId: "main" }] })))
)

const builds = [
  { id: "b-1", versionId: "main", createdAt: "2026-11-24T12:00:00.000000Z" },
  { id: "b-2", versionId: "main", createdAt: "2026-11-24T12:00:00.000001Z" },
  { id: "b-3", versionId: "next", createdAt: "2026-11-24T12:00:00.000002Z" },
  { id: "b-4", versionId: "main", status: "failed", createdAt: "2026-11-24T12:00:00.000003Z" },
  { id: "b-5", versionId: "main", status: "running", createdAt: "2026-11-24T12:00:00.000004Z" }
] as const

it.effect("rows that are written down are there for catalog and registry", () =>
  Effect.gen(function* () {
    const latest = yield* Catalog.use((catalog) => catalog.latestBuild(EntityId.make("shop")))
    assert.strictEqual(Option.getOrThrow(latest).build.id, "b-2")
    const all = yield* CatalogRegistry.use((registry) => registry.builds(EntityId.make("shop"), 10))
    assert.deepStrictEqual(
      all.map(({ completedAt, createdAt, id }) => [id as string, completedAt === createdAt]),
      [
        ["b-5", false],
        ["b-4", true],
        ["b-3", true],
        ["b-2", true],
        ["b-1", true]
      ]
    )
  }).pipe(Effect.provide(MemoryCatalog.layerOf({ ...shop, builds })))
)

const refused = [
  { what: "an id that is none", rows: { workspaces: [{ id: "no spaces" }] }, says: "letters" },
  { what: "an app of no workspace", rows: { entities: [{ id: "lost", workspaceId: "acme" }] }, says: "lost" },
  { what: "a version of no app", rows: { versions: [{ id: "lost", entityId: "shop" }] }, says: "lost" },
  { what: "a build of no version", rows: { ...shop, builds: [{ id: "lost", versionId: "old" }] }, says: "lost" }
]

it.effect.each(refused)("$what is a defect that says so", ({ rows, says }) =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit(Effect.scoped(Layer.build(MemoryCatalog.layerOf(rows))))
    if (Exit.isSuccess(exit)) return assert.fail("the rows were taken")
    assert.include(Cause.pretty(exit.cause), says)
  })
)
