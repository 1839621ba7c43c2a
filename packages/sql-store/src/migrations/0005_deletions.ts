import type { Migration } from "../Migrations.ts"

/**
 * What belongs to a deploy goes with it, by one trigger on the deploys in place of a foreign key on each step and event.
 *
 * A foreign key looks its deploy up for each row, about a tenth of what the database has to do for a deploy, and it can't fail:
 * rows are written by statements alone that hold the lock of their deploy. Deploys are deleted by hosts, if by anybody.
 */
export const deletions: Migration = {
  id: 5,
  name: "deletions",
  statements: (s) => {
    const body = ["deploy_steps", "deploy_events"].map(
      (table) => `DELETE FROM ${s}.${table} USING gone WHERE deploy_id = gone.id; `
    )
    // A quoted text and not a dollar-quoted one: the schema's name may hold any character.
    const text = `BEGIN ${body.join("")}RETURN NULL; END`.replaceAll("'", "''")
    return [
      `CREATE FUNCTION ${s}.deploys_deleted() RETURNS trigger LANGUAGE plpgsql AS '${text}'`,
      `CREATE TRIGGER deploys_deleted AFTER DELETE ON ${s}.deploys REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION ${s}.deploys_deleted()`,
      `ALTER TABLE ${s}.deploy_steps DROP CONSTRAINT deploy_steps_deploy_id_fkey`,
      `ALTER TABLE ${s}.deploy_events DROP CONSTRAINT deploy_events_deploy_id_fkey`
    ]
  }
}
