import {
  Build,
  type BuildId,
  Entity,
  type EntityId,
  SourceEvent,
  type SourceEventId,
  Version,
  Workspace,
  type WorkspaceId
} from "@deploys/core"
import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { isOneOf } from "../internal/isOneOf.ts"
import { columns, jsonObject } from "../Rows.ts"

/** The workspace with this id. */
export const readWorkspace = ({ sql, table }: Database, id: WorkspaceId) =>
  sql`SELECT ${columns(sql, "w", Workspace.fields)} FROM ${table("workspaces")} w WHERE w.id = ${id}`

/** The entity with this id. */
export const readEntity = ({ sql, table }: Database, id: EntityId) =>
  sql`SELECT ${columns(sql, "e", Entity.fields)} FROM ${table("entities")} e WHERE e.id = ${id}`

/** The source event with this id. */
export const readSourceEvent = ({ sql, table }: Database, id: SourceEventId) =>
  sql`SELECT ${columns(sql, "e", SourceEvent.fields)} FROM ${table("source_events")} e WHERE e.id = ${id}`

/** The builds with these ids and what each is of. */
export const readBuilds = (db: Database, ids: ReadonlyArray<BuildId>) =>
  db.sql<{ id: BuildId }>`${origins(db)} WHERE ${isOneOf(db, "b.id", ids)}`

/** The completed build of the entity's default version that was created last. */
export const readLatestBuild = (db: Database, id: EntityId) => db.sql`${origins(db)}
  WHERE v.entity_id = ${id} AND v.is_default AND b.status = 'completed'
  ORDER BY b.created_at DESC, b.id DESC LIMIT 1`

const origins = ({ sql, table }: Database): Statement.Fragment => sql`
  SELECT b.id, ${jsonObject(sql, "b", Build.fields)} AS build, ${jsonObject(sql, "v", Version.fields)} AS version,
    ${jsonObject(sql, "e", Entity.fields)} AS entity
  FROM ${table("builds")} b
  JOIN ${table("versions")} v ON v.id = b.version_id
  JOIN ${table("entities")} e ON e.id = v.entity_id`
