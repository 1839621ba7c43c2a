import { Build, BuildId, Catalog, Entity, type EntityId, SourceEvent, SourceEventId, Version } from "@deploys/core"
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

const all = [origin("one", "ws_1"), origin("two", "ws_1"), origin("three", "ws_2")]
const origins = new Map(all.map((each) => [each.build.id, each]))
const entities = new Map(all.map(({ entity }) => [entity.id, entity]))

/** Builds of three apps in two workspaces, one each. */
export const builds = [BuildId.make("bld_one"), BuildId.make("bld_two"), BuildId.make("bld_three")] as const

/** The apps, in the order of their builds. */
export const entityIds: ReadonlyArray<EntityId> = all.map(({ entity }) => entity.id)

/** Something that happened outside, in the workspace of this build's app. */
export const sourceEventId = (build: number, nth: number): SourceEventId =>
  SourceEventId.make(`evt_${all[build]?.entity.workspaceId}.${nth}`)

const sourceEvent = (id: SourceEventId) =>
  Schema.decodeUnknownSync(SourceEvent)({
    id,
    workspaceId: id.slice("evt_".length).split(".")[0],
    kind: "push",
    payload: null,
    createdAt
  })

/** A catalog that holds them. */
export const catalog = Layer.succeed(Catalog, {
  workspace: () => Effect.succeedNone,
  entity: (id) => Effect.succeed(Option.fromNullishOr(entities.get(id))),
  latestBuild: () => Effect.succeedNone,
  sourceEvent: (id) => Effect.succeedSome(sourceEvent(id)),
  build: (id) => Effect.succeed(Option.fromNullishOr(origins.get(id)))
})
