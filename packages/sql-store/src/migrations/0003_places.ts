import type { Migration } from "../Migrations.ts"

const body = (s: string) =>
  `SELECT count(*)::integer FROM ${s}.lanes WHERE workspace_id = workspace AND active_deploy_id IS NOT NULL`

/**
 * How many deploys of a workspace run or settle. `VOLATILE` on purpose: what the function counts is what has been committed
 * when it is called, also where the statement that calls it has waited for a lock since it began.
 */
export const places: Migration = {
  id: 3,
  name: "places",
  statements: (s) => [
    `CREATE INDEX lanes_at_work ON ${s}.lanes (workspace_id) WHERE active_deploy_id IS NOT NULL`,
    // A quoted text and not a dollar-quoted one: the schema's name may hold any character.
    `CREATE FUNCTION ${s}.at_work(workspace text) RETURNS integer LANGUAGE sql VOLATILE AS '${body(s).replaceAll("'", "''")}'`
  ]
}
