import type { Build, CatalogRegistry, Entity, SourceEvent, Workspace } from "@deploys/core"
import type { Database } from "../internal/Database.ts"
import { storedJson } from "../internal/storedJson.ts"

/** A version to be found or made. */
export type VersionRequest = Parameters<CatalogRegistry["Service"]["ensureVersion"]>[0]

/** Adds a workspace unless its id is there. */
export const addWorkspace = ({ sql, table }: Database, row: Omit<Workspace, "createdAt">) => sql`
  INSERT INTO ${table("workspaces")} (id, name) VALUES (${row.id}, ${row.name})
  ON CONFLICT DO NOTHING`

/** Adds an entity unless its id or its name is there. */
export const addEntity = ({ sql, table }: Database, row: Omit<Entity, "createdAt">) => sql`
  INSERT INTO ${table("entities")} (id, workspace_id, kind, name)
  VALUES (${row.id}, ${row.workspaceId}, ${row.kind}, ${row.name})
  ON CONFLICT DO NOTHING`

/**
 * Adds a version unless its id or its name in the entity is there; the first one as the default. Of two first ones at once
 * only one is added.
 */
export const addVersion = ({ sql, table }: Database, row: VersionRequest) => sql`
  INSERT INTO ${table("versions")} (id, entity_id, name, is_default)
  SELECT ${row.id}, ${row.entityId}, ${row.name}, NOT EXISTS (
    SELECT FROM ${table("versions")} WHERE entity_id = ${row.entityId}
  )
  ON CONFLICT DO NOTHING`

/** Adds a build unless its id is there. */
export const addBuild = ({ sql, table }: Database, row: Omit<Build, "createdAt" | "completedAt">) => sql`
  WITH present AS MATERIALIZED (SELECT clock_timestamp() AS at)
  INSERT INTO ${table("builds")}
    (id, version_id, status, artifact, branch, commit_sha, commit_message, error, created_at, completed_at)
  SELECT ${row.id}, ${row.versionId}, ${row.status}, ${row.artifact}, ${row.branch}, ${row.commitSha},
    ${row.commitMessage}, ${row.error}, at, CASE WHEN ${row.status} IN ('completed', 'failed') THEN at END
  FROM present
  ON CONFLICT DO NOTHING`

/** Adds a source event unless its id is there. */
export const addSourceEvent = ({ sql, table }: Database, row: Omit<SourceEvent, "createdAt">) => sql`
  INSERT INTO ${table("source_events")} (id, workspace_id, kind, payload)
  VALUES (${row.id}, ${row.workspaceId}, ${row.kind}, ${storedJson(row.payload)}::jsonb)
  ON CONFLICT DO NOTHING`
