import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { type Chance, makeWorld } from "../../packages/core/test/list/generate.ts"
import type { Row, World } from "../../packages/core/test/list/naive.ts"

/** Each kind of row with its table, and what the engine keeps on it besides. */
const tables: ReadonlyArray<readonly [rows: keyof World, table: string, engine: Row]> = [
  ["deploys", "deploys", { settling: false, epoch: 0, last_event: 0, moved_at: "2026-11-24T00:00:00Z" }],
  ["steps", "deploy_steps", { cancellation: "interrupt", undoable: false, starts: 0 }],
  ["workspaces", "workspaces", {}],
  ["entities", "entities", {}],
  ["builds", "builds", {}],
  ["versions", "versions", {}],
  ["sourceEvents", "source_events", {}]
]

/**
 * A generated world leads nowhere here and there, as a host's catalog may, and its rows are what no engine would write: the
 * tables take it once what watches over them is gone.
 */
export const dropConstraints = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const constraints = yield* sql<{ table: string; name: string }>`
    SELECT conrelid::regclass::text AS table, conname AS name FROM pg_constraint
    WHERE connamespace = 'deploys'::regnamespace AND contype IN ('f', 'c', 'u')`
  const inOrder = constraints.toSorted((a, b) => Number(b.name.endsWith("_fkey")) - Number(a.name.endsWith("_fkey")))
  for (const { name, table } of inOrder) yield* sql`ALTER TABLE ${sql.literal(table)} DROP CONSTRAINT ${sql(name)}`
  yield* sql`DROP INDEX deploys.deploys_one_running, deploys.deploys_source_event, deploys.versions_default`
  yield* sql`ALTER TABLE deploys.source_events ALTER COLUMN payload DROP NOT NULL`
})

const columnOf = (field: string) => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Puts the rows of a world in place of those that are there. */
export const store = Effect.fnUntraced(function* (world: World) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`TRUNCATE deploys.deploys, deploys.deploy_steps, deploys.deploy_events, deploys.workspaces, deploys.entities,
    deploys.builds, deploys.versions, deploys.source_events`
  for (const [name, table, engine] of tables) {
    const rows = world[name].map((row) => ({
      ...Object.fromEntries(Object.entries(row).map(([field, value]) => [columnOf(field), value])),
      ...engine
    }))
    if (rows[0] === undefined) continue
    const columns = sql.csv(Object.keys(rows[0]).map((column) => sql`${sql(column)}`))
    yield* sql`INSERT INTO deploys.${sql(table)} (${columns})
      SELECT ${columns} FROM jsonb_populate_recordset(NULL::deploys.${sql(table)}, ${JSON.stringify(rows)}::jsonb)`
  }
})

/** A world that fits a store: its sequence numbers are 32 bits, and nobody is named by nothing. */
export const storableWorld = (chance: Chance): World => {
  const world = makeWorld(chance)
  return {
    ...world,
    deploys: world.deploys.map((row) => ({
      ...row,
      sequenceNumber: Math.min(Number(row["sequenceNumber"]), 2 ** 31 - 1),
      createdBy: row["createdBy"] === "" ? "nobody" : row["createdBy"]
    }))
  }
}
