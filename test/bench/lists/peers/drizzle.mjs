// Drizzle's query builder on the same pool.
import { and, desc, eq, gte, inArray, sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import { boolean, integer, jsonb, pgSchema, text, timestamp, unionAll } from "drizzle-orm/pg-core"
import { pageOf, pool, serve } from "./serve.mjs"

const time = (name) => timestamp(name, { withTimezone: true, mode: "string" })

const deploys = pgSchema("deploys").table("deploys", {
  id: text("id").primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  entityId: text("entity_id").notNull(),
  sequenceNumber: integer("sequence_number").notNull(),
  buildId: text("build_id").notNull(),
  status: text("status").notNull(),
  trigger: text("trigger").notNull(),
  sourceEventId: text("source_event_id"),
  productionUrl: text("production_url"),
  previewUrl: text("preview_url"),
  error: text("error"),
  metadata: jsonb("metadata").notNull(),
  createdBy: text("created_by").notNull(),
  startedAt: time("started_at"),
  completedAt: time("completed_at"),
  createdAt: time("created_at").notNull(),
  failureCode: text("failure_code"),
  isLive: boolean("is_live").notNull()
})

const db = drizzle({ client: pool })

const rowsOf = (where) =>
  db.select().from(deploys).where(where).orderBy(desc(deploys.createdAt), desc(deploys.id)).limit(101)

const iso = (text) =>
  text === null ? null : `${text.slice(0, 10)}T${text.slice(11, 19)}.${(text.slice(20, -3) || "").padEnd(6, "0")}Z`

const row = (row) => ({
  ...row,
  startedAt: iso(row.startedAt),
  completedAt: iso(row.completedAt),
  createdAt: iso(row.createdAt)
})

serve(async ({ scope, since, statuses, total }) => {
  const filter = and(inArray(deploys.status, statuses), gte(deploys.createdAt, since))
  const within = (id) => and(eq(deploys.workspaceId, id), filter)
  const count = (where) =>
    db
      .select({ n: sql`count(*)::int` })
      .from(deploys)
      .where(where)
  const where =
    scope === "all" ? filter : scope.length === 1 ? within(scope[0]) : and(inArray(deploys.workspaceId, scope), filter)
  const [rows, counted] = await Promise.all([
    scope !== "all" && scope.length > 1 ? several(scope.map((id) => rowsOf(within(id)))) : rowsOf(where),
    total ? count(where) : undefined
  ])
  return pageOf(rows.map(row), counted?.[0].n ?? null)
})

/** One ordered page of each workspace, merged: all at once would be read whole and sorted. */
const several = (pages) =>
  unionAll(...pages)
    .orderBy(desc(deploys.createdAt), desc(deploys.id))
    .limit(101)
