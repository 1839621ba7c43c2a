import type { Migration } from "../Migrations.ts"

/** What a workspace has finished last. A deploy's end writes its indexes anyway, since its status is in one. */
export const completed: Migration = {
  id: 2,
  name: "completed",
  statements: (s) => [
    `CREATE INDEX deploys_workspace_completed ON ${s}.deploys (workspace_id, completed_at DESC NULLS LAST, id DESC)`
  ]
}
