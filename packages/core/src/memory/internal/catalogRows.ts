import { Effect, HashMap, Schema, Struct } from "effect"
import { Build } from "../../domain/Build.ts"
import { Entity } from "../../domain/Entity.ts"
import { SourceEvent } from "../../domain/SourceEvent.ts"
import { type Timestamp, timestampNow } from "../../domain/Timestamp.ts"
import { Version } from "../../domain/Version.ts"
import { Workspace } from "../../domain/Workspace.ts"
import type { CatalogState } from "./catalogState.ts"

const optional = <Fields extends Schema.Struct.Fields>(fields: Fields) => Struct.map(fields, Schema.optionalKey)

const Rows = Schema.Struct({
  workspaces: Schema.Array(Schema.Struct({ ...optional(Workspace.fields), id: Workspace.fields.id })),
  entities: Schema.Array(
    Schema.Struct({ ...optional(Entity.fields), id: Entity.fields.id, workspaceId: Entity.fields.workspaceId })
  ),
  versions: Schema.Array(
    Schema.Struct({ ...optional(Version.fields), id: Version.fields.id, entityId: Version.fields.entityId })
  ),
  builds: Schema.Array(
    Schema.Struct({ ...optional(Build.fields), id: Build.fields.id, versionId: Build.fields.versionId })
  ),
  sourceEvents: Schema.Array(
    Schema.Struct({
      ...optional(SourceEvent.fields),
      id: SourceEvent.fields.id,
      workspaceId: SourceEvent.fields.workspaceId
    })
  )
}).mapFields(Struct.map(Schema.optionalKey))
type Rows = typeof Rows.Type

/**
 * Rows of a catalog, with what matters to a test. The rest is: created now, named by the id, an entity of the kind `app`,
 * the entity's first version its default, a build `completed` and everything else of it null, a source event of the kind
 * `push` whose payload is null.
 */
export type CatalogRows = typeof Rows.Encoded

/** The catalog that holds these rows. A malformed row, or one that belongs to none, is a defect. */
export const catalogOf = Effect.fnUntraced(function* (given: CatalogRows) {
  const rows = yield* Effect.orDie(Schema.decodeEffect(Rows, { onExcessProperty: "error", errors: "all" })(given))
  const now = yield* timestampNow
  const state = filled(rows, now)
  const orphans = orphansOf(state)
  if (orphans.length > 0) return yield* Effect.die(new Error(`Catalog rows that belong to none: ${orphans.join(", ")}`))
  return state
})

const table = <A extends { readonly id: unknown }>(rows: ReadonlyArray<A>): HashMap.HashMap<A["id"], A> =>
  HashMap.fromIterable(rows.map((row) => [row.id, row]))

const filled = (
  { builds = [], entities = [], sourceEvents = [], versions = [], workspaces = [] }: Rows,
  createdAt: Timestamp
): CatalogState => ({
  workspaces: table(workspaces.map((row): Workspace => ({ name: row.id, createdAt, ...row }))),
  entities: table(entities.map((row): Entity => ({ kind: "app", name: row.id, createdAt, ...row }))),
  versions: table(
    versions.map((row, index): Version => {
      const isDefault = versions.findIndex(({ entityId }) => entityId === row.entityId) === index
      return { name: row.id, isDefault, createdAt, ...row }
    })
  ),
  builds: table(builds.map((row) => filledBuild(row, createdAt))),
  sourceEvents: table(sourceEvents.map((row): SourceEvent => ({ kind: "push", payload: null, createdAt, ...row })))
})

const filledBuild = (row: NonNullable<Rows["builds"]>[number], createdAt: Timestamp): Build => {
  const { status = "completed" } = row
  return {
    artifact: null,
    branch: null,
    commitSha: null,
    commitMessage: null,
    error: null,
    createdAt,
    completedAt: status === "completed" || status === "failed" ? (row.createdAt ?? createdAt) : null,
    ...row,
    status
  }
}

const orphansOf = ({ builds, entities, sourceEvents, versions, workspaces }: CatalogState): ReadonlyArray<string> => [
  ...[...HashMap.toValues(entities), ...HashMap.toValues(sourceEvents)].flatMap(({ id, workspaceId }) =>
    HashMap.has(workspaces, workspaceId) ? [] : [id]
  ),
  ...HashMap.toValues(versions).flatMap(({ entityId, id }) => (HashMap.has(entities, entityId) ? [] : [id])),
  ...HashMap.toValues(builds).flatMap(({ id, versionId }) => (HashMap.has(versions, versionId) ? [] : [id]))
]
