import type { Database } from "../internal/Database.ts"

/**
 * Deploys that may be claimed: first those whose lease is free, then of each lane that is ready the oldest pending one
 * that is not held.
 * Workspaces take turns, so that a busy one does not keep the others waiting.
 */
export const claimableDeploys = ({ sql, table }: Database, owner: string, limit: number) => sql<{ id: string }>`
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
        SELECT entity_id, ready_at, hold IS NOT NULL AS held, row_number() OVER (PARTITION BY workspace_id ORDER BY ready_at, entity_id) AS turn
        FROM ${table("lanes")} WHERE ready_at IS NOT NULL
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
