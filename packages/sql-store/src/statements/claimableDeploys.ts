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
 * Workspaces take turns, and one has had as many as are at work, so that a busy one does not keep the others waiting.
 */
export const claimableDeploys = (
  { sql, table }: Database,
  { limit, maxRunningPerWorkspace: places = Infinity, owner }: ClaimableOptions
) => sql<{ id: string }>`
  SELECT id FROM (
    (
      SELECT d.id, 0 AS turn, d.lease_until AS since FROM ${table("deploys")} d
      WHERE (d.status = 'running' OR d.settling) AND (
        d.lease_until IS NULL OR d.lease_until <= clock_timestamp()
        OR (d.owner = ${owner} AND d.claimed_epoch < d.epoch)
      )
      ORDER BY d.lease_until NULLS FIRST LIMIT ${limit}
    ) UNION ALL (
      SELECT oldest.id, ready.turn, ready.ready_at FROM (
        SELECT entity_id, ready_at, held, turn FROM (
          SELECT l.entity_id, l.ready_at, l.hold IS NOT NULL AS held, coalesce(at_work.deploys, 0)
            + row_number() OVER (PARTITION BY l.workspace_id ORDER BY l.ready_at, l.entity_id) AS turn
          FROM ${table("lanes")} l LEFT JOIN (
            SELECT workspace_id, count(*) AS deploys FROM ${table("lanes")} WHERE active_deploy_id IS NOT NULL
            GROUP BY workspace_id
          ) at_work USING (workspace_id)
          WHERE l.ready_at IS NOT NULL
        ) turns
        WHERE turn <= coalesce(${Number.isFinite(places) ? places : null}::int, turn)
        ORDER BY turn, ready_at LIMIT ${limit}
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
  ORDER BY turn, since NULLS FIRST LIMIT ${limit}`
