import { BuildId, type Deploy, DeployId, EntityId, Timestamp, WorkspaceId } from "@deploys/core"

/** A deploy that differs from others by its number alone, and by what a test gives. */
export const deployRow = (n: number, fields: Partial<Deploy> = {}): Deploy => ({
  id: DeployId.make(`dep_${String(n).padStart(26, "0")}`),
  workspaceId: WorkspaceId.make("ws_a"),
  entityId: EntityId.make("app_1"),
  sequenceNumber: n,
  buildId: BuildId.make("bld_1"),
  status: "pending",
  trigger: "manual",
  sourceEventId: null,
  productionUrl: null,
  previewUrl: null,
  error: null,
  metadata: {},
  createdBy: "somebody",
  startedAt: null,
  completedAt: null,
  createdAt: Timestamp.make("2026-11-24T17:44:12.123456Z"),
  failureCode: null,
  isLive: false,
  ...fields
})

/** The instant so many microseconds into a second. */
export const instant = (micros: number): Timestamp =>
  Timestamp.make(`2026-11-24T17:44:12.${String(micros).padStart(6, "0")}Z`)
