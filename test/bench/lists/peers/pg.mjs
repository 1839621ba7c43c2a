// Written by hand for this one list, as well as it can be without going below pg: named statements, an index for each scope.
import { pageOf, pool, serve } from "./serve.mjs"

const columns = `d.id, d.workspace_id "workspaceId", d.entity_id "entityId", d.sequence_number "sequenceNumber", d.build_id "buildId",
  d.status, d.trigger, d.source_event_id "sourceEventId", d.production_url "productionUrl", d.preview_url "previewUrl", d.error,
  d.metadata, d.created_by "createdBy", d.started_at "startedAt", d.completed_at "completedAt", d.created_at "createdAt",
  d.failure_code "failureCode", d.is_live "isLive"`
const filter = "d.status = any($1) and d.created_at >= $2"
const order = "order by d.created_at desc, d.id desc limit 101"

const pages = {
  all: `select ${columns} from deploys.deploys d where ${filter} ${order}`,
  one: `select ${columns} from deploys.deploys d where d.workspace_id = $3 and ${filter} ${order}`,
  several: `select d.* from unnest($3::text[]) w cross join lateral (
    select ${columns} from deploys.deploys d where d.workspace_id = w and ${filter} ${order}) d
    order by d."createdAt" desc, d.id desc limit 101`
}
const counts = {
  all: `select count(*)::int n from deploys.deploys d where ${filter}`,
  one: `select count(*)::int n from deploys.deploys d where d.workspace_id = $3 and ${filter}`,
  several: `select count(*)::int n from deploys.deploys d where d.workspace_id = any($3) and ${filter}`
}

serve(async ({ scope, since, statuses, total }) => {
  const kind = scope === "all" ? "all" : scope.length === 1 ? "one" : "several"
  const values = [statuses, since, ...(kind === "all" ? [] : kind === "one" ? scope : [scope])]
  const [page, count] = await Promise.all([
    pool.query({ name: `page-${kind}`, text: pages[kind], values }),
    total ? pool.query({ name: `count-${kind}`, text: counts[kind], values }) : undefined
  ])
  return pageOf(page.rows, count?.rows[0].n ?? null)
})
