import { Record } from "effect"
import { BuildStatus } from "../domain/Build.ts"
import { DeployStatus, DeployTrigger, FailureCode } from "../domain/Deploy.ts"
import { StepStatus } from "../domain/DeployStep.ts"
import { BuildId, DeployId, EntityId, SourceEventId, StepId, VersionId, WorkspaceId } from "../domain/Id.ts"
import { Timestamp } from "../domain/Timestamp.ts"
import { boolean, type Field, id, json, nullable, number, oneOf, type Spec, text, time } from "./Field.ts"

/** The name of a resource in `DeployFields`. */
export type ResourceName = "deploy" | "step" | "workspace" | "entity" | "build" | "version" | "sourceEvent"

/** How one row leads to rows of another resource: to those whose field `foreign` equals its own field `local`. */
export interface RelationSpec<out Target extends ResourceName = ResourceName, out Many extends boolean = boolean> {
  readonly target: Target
  readonly many: Many
  readonly local: string
  readonly foreign: string
}

/** One relation of a resource. */
export interface Relation extends RelationSpec {
  readonly name: string
}

/**
 * Which workspace a row belongs to, and so who may see it: the one that this field names, the one of the row that this
 * to-one relation leads to, or that of the row through which it was reached.
 */
export type Tenancy = { readonly field: string } | { readonly relation: string } | "inherited"

type Names<T> = Extract<keyof T, string>

/** What lists know of one resource. The specs hold the types, the fields and relations their names as well. */
export interface Resource<
  Fields extends Readonly<globalThis.Record<string, Spec>>,
  Relations extends Readonly<globalThis.Record<string, RelationSpec>>
> {
  readonly tenancy: Tenancy
  readonly specs: { readonly fields: Fields; readonly relations: Relations }
  readonly fields: Readonly<globalThis.Record<Names<Fields>, Field>>
  readonly relations: Readonly<globalThis.Record<Names<Relations>, Relation>>
}

const resource = <
  const Fields extends Readonly<globalThis.Record<string, Spec>>,
  const Relations extends Readonly<globalThis.Record<string, RelationSpec>>
>(
  tenancy: Tenancy,
  fields: Fields,
  relations: Relations
): Resource<Fields, Relations> => ({
  tenancy,
  specs: { fields, relations },
  fields: Record.map<Names<Fields>, Spec, Field>(fields, (spec, name) => ({ ...spec, name })),
  relations: Record.map<Names<Relations>, RelationSpec, Relation>(relations, (spec, name) => ({ ...spec, name }))
})

const toOne = <const Target extends ResourceName>(target: Target, local: string): RelationSpec<Target, false> => ({
  target,
  many: false,
  local,
  foreign: "id"
})

const toMany = <const Target extends ResourceName>(target: Target, foreign: string): RelationSpec<Target, true> => ({
  target,
  many: true,
  local: "id",
  foreign
})

const timestamp = time(Timestamp)

/**
 * The fields and relations that deploys are filtered and ordered by: the one description from which the request's types
 * and JSON Schema, the in-memory predicate and the SQL are made.
 */
export const DeployFields = {
  deploy: resource(
    { field: "workspaceId" },
    {
      id: id(DeployId),
      workspaceId: id(WorkspaceId),
      entityId: id(EntityId),
      sequenceNumber: number,
      buildId: id(BuildId),
      status: oneOf(DeployStatus),
      trigger: oneOf(DeployTrigger),
      sourceEventId: nullable(id(SourceEventId)),
      productionUrl: nullable(text),
      previewUrl: nullable(text),
      error: nullable(text),
      metadata: json,
      createdBy: text,
      startedAt: nullable(timestamp),
      completedAt: nullable(timestamp),
      createdAt: timestamp,
      failureCode: nullable(oneOf(FailureCode)),
      isLive: boolean
    },
    {
      workspace: toOne("workspace", "workspaceId"),
      entity: toOne("entity", "entityId"),
      build: toOne("build", "buildId"),
      sourceEvent: toOne("sourceEvent", "sourceEventId"),
      steps: toMany("step", "deployId")
    }
  ),
  step: resource(
    "inherited",
    {
      id: id(StepId),
      deployId: id(DeployId),
      index: number,
      name: text,
      status: oneOf(StepStatus, { rare: ["failed", "cancelled", "discarded"] }),
      attempt: number,
      error: nullable(text),
      output: nullable(json),
      startedAt: nullable(timestamp),
      completedAt: nullable(timestamp)
    },
    {}
  ),
  workspace: resource({ field: "id" }, { id: id(WorkspaceId), name: text, createdAt: timestamp }, {}),
  entity: resource(
    { field: "workspaceId" },
    { id: id(EntityId), workspaceId: id(WorkspaceId), kind: text, name: text, createdAt: timestamp },
    { workspace: toOne("workspace", "workspaceId") }
  ),
  build: resource(
    { relation: "version" },
    {
      id: id(BuildId),
      versionId: id(VersionId),
      status: oneOf(BuildStatus),
      artifact: nullable(text),
      branch: nullable(text),
      commitSha: nullable(text),
      commitMessage: nullable(text),
      error: nullable(text),
      createdAt: timestamp,
      completedAt: nullable(timestamp)
    },
    { version: toOne("version", "versionId") }
  ),
  version: resource(
    { relation: "entity" },
    { id: id(VersionId), entityId: id(EntityId), name: text, isDefault: boolean, createdAt: timestamp },
    { entity: toOne("entity", "entityId") }
  ),
  sourceEvent: resource(
    { field: "workspaceId" },
    { id: id(SourceEventId), workspaceId: id(WorkspaceId), kind: text, payload: nullable(json), createdAt: timestamp },
    { workspace: toOne("workspace", "workspaceId") }
  )
} satisfies { readonly [Name in ResourceName]: unknown }

/** A resource whose fields and relations are looked up by names that come from outside. */
export interface Described {
  readonly tenancy: Tenancy
  readonly fields: ReadonlyMap<string, Field>
  readonly relations: ReadonlyMap<string, Relation>
}

// A name from outside may be `constructor`: a Map inherits no entries.
const described = Record.map(DeployFields, ({ fields, relations, tenancy }): Described => ({
  tenancy,
  fields: new Map(Object.entries<Field>(fields)),
  relations: new Map(Object.entries<Relation>(relations))
}))

/** The resource of this name, for look-ups by names that come from outside. */
export const describeResource = (name: ResourceName): Described => described[name]
