import { Build, BuildId, Catalog, Entity, Version } from "@deploys/core"
import { Effect, Layer, Option, Schema } from "effect"

const createdAt = "2026-11-24T12:00:00.000000Z"

const origin = (name: string, workspaceId: string) => ({
  build: Schema.decodeUnknownSync(Build)({
    id: `bld_${name}`,
    versionId: `ver_${name}`,
    status: "completed",
    artifact: `files of ${name}`,
    branch: null,
    commitSha: null,
    commitMessage: null,
    error: null,
    createdAt,
    completedAt: createdAt
  }),
  version: Schema.decodeUnknownSync(Version)({
    id: `ver_${name}`,
    entityId: `app_${name}`,
    name: "main",
    isDefault: true,
    createdAt
  }),
  entity: Schema.decodeUnknownSync(Entity)({ id: `app_${name}`, workspaceId, kind: "app", name, createdAt })
})

const origins = new Map(
  [origin("one", "ws_1"), origin("two", "ws_1"), origin("three", "ws_2")].map((each) => [each.build.id, each])
)

/** Builds of three apps in two workspaces, one each. */
export const builds = [BuildId.make("bld_one"), BuildId.make("bld_two"), BuildId.make("bld_three")] as const

/** A catalog that holds them. */
export const catalog = Layer.succeed(Catalog, {
  workspace: () => Effect.succeedNone,
  entity: () => Effect.succeedNone,
  latestBuild: () => Effect.succeedNone,
  sourceEvent: () => Effect.succeedNone,
  build: (id) => Effect.succeed(Option.fromNullishOr(origins.get(id)))
})
