import type { Database } from "../internal/Database.ts"

/** Who asks, for how many, and how many deploys of a workspace may be at work. */
export interface ClaimableOptions {
  readonly owner: string
  readonly limit: number
  readonly maxRunningPerWorkspace?: number
}

/**
 * Deploys that may be claimed: first those whose lease is free, then of each lane that is ready the oldest pending one
 * that is not held.
 * Workspaces take turns, and one has had as many as are at work, so that a busy one does not keep the others waiting. Of
 * each workspace as many lanes are looked at as can be taken, however many are ready.
 *
 * The limit stands in the text: as a parameter it would have the statement planned anew for each call, which takes longer
 * than the search.
 */
export const claimableDeploys = (
  { sql, table }: Database,
  { limit, maxRunningPerWorkspace: places = Infinity, owner }: ClaimableOptions
) => {
  const most = sql.literal(String(Math.floor(limit)))
  return sql<{ id: string }>`
  WITH RECURSIVE workspace AS (
    (SELECT workspace_id AS id FROM ${table("lanes")} WHERE ready_at IS NOT NULL ORDER BY workspace_id LIMIT 1)
    UNION ALL
    SELECT (
      SELECT l.workspace_id FROM ${table("lanes")} l WHERE l.ready_at IS NOT NULL AND l.workspace_id > workspace.id
      ORDER BY l.workspace_id LIMIT 1
    ) FROM workspace WHERE workspace.id IS NOT NULL
  )
  SELECT id FROM (
    (
      SELECT d.id, 0 AS turn, d.lease_until AS since FROM ${table("deploys")} d
      WHERE (d.status = 'running' OR d.settling) AND (
        d.lease_until IS NULL OR d.lease_until <= clock_timestamp()
        OR (d.owner = ${owner} AND d.claimed_epoch < d.epoch)
      )
      ORDER BY d.lease_until NULLS FIRST LIMIT ${most}
    ) UNION ALL (
      SELECT oldest.id, ready.turn, ready.ready_at FROM (
        SELECT lane.entity_id, lane.ready_at, lane.held, at_work.deploys + lane.place AS turn
        FROM workspace CROSS JOIN LATERAL (
          SELECT count(*) AS deploys FROM ${table("lanes")} l
          WHERE l.workspace_id = workspace.id AND l.active_deploy_id IS NOT NULL
        ) at_work CROSS JOIN LATERAL (
          SELECT l.entity_id, l.ready_at, l.hold IS NOT NULL AS held,
            row_number() OVER (ORDER BY l.ready_at, l.entity_id) AS place
          FROM ${table("lanes")} l WHERE l.workspace_id = workspace.id AND l.ready_at IS NOT NULL
          ORDER BY l.ready_at, l.entity_id LIMIT ${most}
        ) lane
        WHERE at_work.deploys + lane.place <= coalesce(${Number.isFinite(places) ? places : null}::int, at_work.deploys + lane.place)
        ORDER BY turn, ready_at LIMIT ${most}
      ) ready CROSS JOIN LATERAL (
        (
          SELECT d.id FROM ${table("deploys")} d
          WHERE NOT ready.held AND d.entity_id = ready.entity_id AND d.status = 'pending'
          ORDER BY d.sequence_number LIMIT 1
        ) UNION ALL (
          SELECT d.id FROM ${table("deploys")} d
          WHERE ready.held AND d.entity_id = ready.entity_id AND d.status = 'pending' AND d.trigger <> 'auto'
          ORDER BY d.sequence_number LIMIT 1
        )
      ) oldest
    )
  ) offered
  ORDER BY turn, since NULLS FIRST LIMIT ${most}`
}
