/** A list, and the index that it is to be read from in each scope; none where it sorts what it has read. */
export interface Case {
  readonly name: string
  readonly options: object
  /** The row at which the page begins, or before which it ends. */
  readonly at?: object
  readonly side?: "after" | "before"
  readonly index: { readonly one?: string; readonly several?: string; readonly all?: string }
  /** In how many places the deploys are looked for: each has to be planned, at every request where the plan is not kept. */
  readonly scans?: number
  /** Few rows fit, and its filter finds them: they may be sorted, or looked for longer than a page. */
  readonly selective?: boolean
}

const id = "dep_00000000000000000000100003"
const at = {
  id,
  createdAt: "2026-02-04T17:21:30.757000Z",
  completedAt: "2026-02-04T17:21:55.000000Z",
  status: "completed"
}
const pending = { id, createdAt: "2026-02-04T17:21:30.757000Z", completedAt: null, status: "pending" }

const byCreated = { one: "deploys_workspace", several: "deploys_workspace", all: "deploys_created" }
const byStatus = { one: "deploys_workspace_status", several: "deploys_workspace_status", all: "deploys_created" }
const byCompleted = { one: "deploys_workspace_completed", several: "deploys_workspace_completed" }
const everywhere = (index: string) => ({ one: index, several: index, all: index })

const lastFinished = { orderBy: [{ completedAt: "desc_nulls_last" }] }
const firstFinished = { orderBy: [{ completedAt: "asc_nulls_first" }] }
const grouped = { orderBy: [{ status: "asc" }, { createdAt: "desc" }] }

/** Typical lists. */
export const cases: ReadonlyArray<Case> = [
  { name: "the newest", options: {}, index: byCreated },
  { name: "the newest behind a cursor", options: {}, at, index: byCreated, scans: 2 },
  { name: "the newest before a cursor", options: {}, at, side: "before", index: byCreated },
  { name: "the oldest", options: { orderBy: [{ createdAt: "asc" }] }, index: byCreated },
  { name: "the oldest behind a cursor", options: { orderBy: [{ createdAt: "asc" }] }, at, index: byCreated },
  { name: "a small page", options: { limit: 5 }, index: byCreated },
  {
    name: "those of a month",
    options: { filter: { createdAt: { gte: "2026-02-01T00:00:00Z", lt: "2026-03-01T00:00:00Z" } } },
    index: byCreated
  },
  { name: "completed ones", options: { status: "completed" }, index: byStatus },
  { name: "failed ones behind a cursor", options: { status: "failed" }, at, selective: true, index: byStatus },
  { name: "those that are over", options: { filter: { status: { in: ["completed", "failed"] } } }, index: byCreated },
  { name: "those that are not pending", options: { filter: { NOT: { status: { eq: "pending" } } } }, index: byCreated },
  { name: "those of an app", options: { entityId: "app_28_3" }, index: everywhere("deploys_entity") },
  { name: "those of a build", options: { buildId: "bld_7" }, selective: true, index: everywhere("deploys_build") },
  {
    name: "some by id",
    options: { ids: [id, "dep_00000000000000000000000028"] },
    selective: true,
    index: everywhere("deploys_pkey")
  },
  { name: "the last to finish", options: lastFinished, index: byCompleted },
  { name: "the last to finish behind a cursor", options: lastFinished, at, index: byCompleted },
  { name: "the last to finish, among those that have not", options: lastFinished, at: pending, index: byCompleted },
  { name: "the first to finish", options: firstFinished, index: byCompleted },
  { name: "the first to finish behind one that has not", options: firstFinished, at: pending, index: byCompleted },
  {
    name: "by status, then the newest",
    options: grouped,
    index: { one: "deploys_workspace_status", several: "deploys_workspace_status" }
  },
  {
    name: "by status, then the newest, behind a cursor",
    options: grouped,
    at,
    index: { one: "deploys_workspace_status", several: "deploys_workspace_status" },
    scans: 4
  },
  {
    name: "by status backwards, then the oldest, behind a cursor",
    options: { orderBy: [{ status: "desc" }, { createdAt: "asc" }] },
    at,
    index: { one: "deploys_workspace_status", several: "deploys_workspace_status" },
    scans: 4
  },
  {
    name: "those with a step that failed",
    options: { filter: { steps: { some: { status: { eq: "failed" } } } } },
    selective: true,
    index: everywhere("deploy_steps_rare_status")
  },
  {
    name: "those of a branch's builds",
    options: { filter: { build: { branch: { eq: "main" } } } },
    selective: true,
    index: { ...byCreated, one: "deploys_build" }
  },
  { name: "the count of failed ones", options: { status: "failed", total: true }, selective: true, index: byStatus },
  { name: "by address, which no index serves", options: { orderBy: [{ previewUrl: "asc" }] }, index: {} }
]
