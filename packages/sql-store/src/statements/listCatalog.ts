import { Build, type BuildId, Entity, type EntityId, type Scope, Version, Workspace } from "@deploys/core"
import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { columns } from "../Rows.ts"
import type { VersionRequest } from "./registerCatalog.ts"

/** Workspaces in scope, the oldest first. */
export const listWorkspaces = (db: Database, scope: Scope) => db.sql`
  SELECT ${columns(db.sql, "w", Workspace.fields)} FROM ${db.table("workspaces")} w
  WHERE ${within(db, "w.id", scope)} ORDER BY w.created_at, w.id`

/** Entities of workspaces in scope, the oldest first. */
export const listEntities = (db: Database, scope: Scope) => db.sql`
  SELECT ${columns(db.sql, "e", Entity.fields)} FROM ${db.table("entities")} e
  WHERE ${within(db, "e.workspace_id", scope)} ORDER BY e.created_at, e.id`

/** Builds of an entity, the newest first. */
export const listBuilds = ({ sql, table }: Database, entityId: EntityId, limit: number) => sql`
  SELECT ${columns(sql, "b", Build.fields)}
  FROM ${table("builds")} b JOIN ${table("versions")} v ON v.id = b.version_id
  WHERE v.entity_id = ${entityId} ORDER BY b.created_at DESC, b.id DESC LIMIT ${limit}`

/** The build with this id, without what it is of. */
export const readBuildRow = ({ sql, table }: Database, id: BuildId) => sql`
  SELECT ${columns(sql, "b", Build.fields)} FROM ${table("builds")} b WHERE b.id = ${id}`

/** The version with this id, else the one with this name of the entity. */
export const readVersion = ({ sql, table }: Database, { entityId, id, name }: VersionRequest) => sql`
  SELECT ${columns(sql, "v", Version.fields)} FROM ${table("versions")} v
  WHERE v.id = ${id} OR (v.entity_id = ${entityId} AND v.name = ${name})
  ORDER BY v.id = ${id} DESC LIMIT 1`

/** The entity with this name. */
export const readEntityNamed = ({ sql, table }: Database, name: string) => sql`
  SELECT ${columns(sql, "e", Entity.fields)} FROM ${table("entities")} e WHERE e.name = ${name}`

const within = ({ sql }: Database, column: string, scope: Scope): Statement.Fragment =>
  scope === "all" ? sql.literal("true") : sql`${sql.literal(column)} = ANY (${[...scope]}::text[])`
