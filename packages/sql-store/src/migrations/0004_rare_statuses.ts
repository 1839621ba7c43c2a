import type { Migration } from "../Migrations.ts"

/**
 * The statuses of steps that went wrong, which few have, in a column of their own. An index on `status` itself has every
 * move of a step write all indexes of its row; in this column nothing changes as long as the step goes well.
 */
export const rareStatuses: Migration = {
  id: 4,
  name: "rare_statuses",
  statements: (s) => [
    `DROP INDEX ${s}.deploy_steps_wrong`,
    `ALTER TABLE ${s}.deploy_steps ADD COLUMN rare_status text COLLATE "C"
  GENERATED ALWAYS AS (CASE WHEN status IN ('failed', 'cancelled', 'discarded') THEN status END) STORED`,
    `CREATE INDEX deploy_steps_rare_status ON ${s}.deploy_steps (rare_status, deploy_id) WHERE rare_status IS NOT NULL`
  ]
}
