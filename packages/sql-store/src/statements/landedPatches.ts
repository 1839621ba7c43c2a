import type { Database } from "../internal/Database.ts"
import { iso } from "../Rows.ts"
import { type Landed, type Patch, patchRows } from "./landPatches.ts"

/** Those of the patches that landed already: their very events stand where they would write them, under their epoch. */
export const landedPatches = (db: Database, patches: ReadonlyArray<Patch>) => {
  const { sql, table } = db
  return sql<Omit<Landed, "superseded">>`
  WITH request AS MATERIALIZED (${patchRows(db, patches)})
  SELECT r.n, ${sql.literal(iso("min(e.at)"))} AS at
  FROM request r CROSS JOIN jsonb_array_elements(r.events) WITH ORDINALITY AS w(event, n)
  JOIN ${table("deploy_events")} e ON e.deploy_id = r.id AND e.sequence = r.after + w.n
  WHERE e.epoch = r.epoch AND e.type = w.event ->> 'type' AND e.data = w.event -> 'data'
  GROUP BY r.n, r.events
  HAVING count(*) = jsonb_array_length(r.events)`
}
