import type { Build, CreateDeploy, Deploy, DeployDetails, Entity, ListOptions, Page, Workspace } from "@deploys/core"

const at = (seconds: string) => `2026-11-24T17:44:${seconds}Z`

const deploy: typeof Deploy.Encoded = {
  id: "dep_01m87n75yqfmja2b0ww6jktjf7",
  workspaceId: "acme",
  entityId: "shop",
  sequenceNumber: 12,
  buildId: "build-7",
  status: "completed",
  trigger: "manual",
  sourceEventId: null,
  productionUrl: "https://shop.example.com/",
  previewUrl: "https://12.shop.example.com/",
  error: null,
  metadata: { pr: 1138 },
  createdBy: "ada",
  startedAt: at("12.204117"),
  completedAt: at("31.900002"),
  createdAt: at("12.123456"),
  failureCode: null,
  isLive: true
}

const pending: typeof Deploy.Encoded = {
  ...deploy,
  status: "pending",
  productionUrl: null,
  previewUrl: null,
  startedAt: null,
  completedAt: null,
  isLive: false
}

const details: typeof DeployDetails.Encoded = {
  ...deploy,
  steps: [
    {
      id: "stp_01m87n75yqfmja2b0ww6jktjf8",
      deployId: deploy.id,
      index: 0,
      name: "upload",
      status: "completed",
      attempt: 1,
      error: null,
      output: { files: 214 },
      startedAt: at("12.204117"),
      completedAt: at("31.840501")
    }
  ],
  canCancel: false,
  canRollback: true,
  waiting: null
}

const page: typeof Page.Encoded = {
  data: [deploy],
  pageInfo: {
    total: 31,
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: "eyJ2IjoxfQ",
    endCursor: "eyJ2IjoxfQ"
  }
}

const workspace: typeof Workspace.Encoded = { id: "acme", name: "Acme", createdAt: at("01.000000") }

const entity: typeof Entity.Encoded = {
  id: "shop",
  workspaceId: "acme",
  kind: "app",
  name: "shop",
  createdAt: at("02.000000")
}

const build: typeof Build.Encoded = {
  id: "build-7",
  versionId: "main",
  status: "completed",
  artifact: "shop/7",
  branch: "main",
  commitSha: "9f2c1d7",
  commitMessage: "Repair the checkout",
  error: null,
  createdAt: at("09.000000"),
  completedAt: at("11.500000")
}

/** What components of the OpenAPI document look like, by their names. */
export const ofSchemas: ReadonlyMap<string, object> = new Map<string, object>([
  ["Deploy", pending],
  ["DeployDetails", details],
  ["DeployPage", page],
  ["DeployStep", details.steps[0] ?? {}],
  ["PageInfo", page.pageInfo],
  ["Workspace", workspace],
  ["Entity", entity],
  ["AppDetails", { ...entity, liveDeployId: deploy.id, hold: null, queuePolicy: "queue" }],
  ["Build", build]
])

/** What problems say beside what is the same in all of their kind. */
export const ofProblems: ReadonlyMap<string, object> = new Map<string, object>([
  [
    "InvalidRequest",
    {
      detail: "The request is not valid",
      errors: [{ path: "/filter/AND/0/status/eqq", code: "unknown", message: "is not known here" }]
    }
  ],
  ["Unauthorized", { detail: "A valid bearer token is needed" }],
  ["Forbidden", { detail: "The right deploy is missing in the workspace", right: "deploy", workspaceId: "acme" }],
  ["NotFound", { detail: `No deploy ${deploy.id}` }],
  [
    "BuildNotDeployable",
    { detail: "The build is running", buildId: "build-8", buildStatus: "running", buildError: null }
  ],
  ["NoDeployableBuild", { detail: "The app's default version has no completed build", appId: "shop" }],
  [
    "DeployFinished",
    { detail: "The deploy is completed", deployId: deploy.id, deployStatus: "completed", failureCode: null }
  ],
  [
    "DeployNotCompleted",
    { detail: "The deploy failed", deployId: deploy.id, deployStatus: "failed", failureCode: "step_failed" }
  ],
  ["IdempotencyKeyReused", { detail: "The key was used for another request" }],
  ["RequestTimeout", { detail: "The body was not in within 30 seconds" }],
  ["PayloadTooLarge", { detail: "The body is larger than 65536 bytes", maxBytes: 65_536 }],
  ["UnsupportedMediaType", { detail: "The body is not application/json", accepted: ["application/json"] }],
  ["TooManyRequests", { detail: "The caller may make 6000 requests in 60 seconds", retryAfterSeconds: 2 }],
  ["InternalError", { detail: "The server failed; its log says why", requestId: "req_01m87n75yqfmja2b0ww6jktjf9" }],
  ["TooManyRequests", { detail: "The caller may make 6000 requests in 60 seconds", retryAfterSeconds: 5 }],
  ["RequestTimeout", { detail: "The body was not in within 30 seconds" }],
  ["Unavailable", { detail: "The store could not answer" }]
])

const filter: ListOptions["filter"] = {
  OR: [{ error: { contains: "timed out" } }, { steps: { some: { status: { eq: "failed" } } } }],
  NOT: { metadata: { path: { keys: ["pr"], lt: 1000 } } },
  build: { branch: { ne: "main" } },
  createdAt: { gte: "2026-11-01T00:00:00Z" }
}

const orderBy: ListOptions["orderBy"] = [{ completedAt: "desc_nulls_last" }, { sequenceNumber: "asc" }]

/** What parameters of the list look like whose value is JSON. */
export const ofListParameters: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["filter", filter],
  ["orderBy", orderBy]
])

/** Bodies of a search. */
export const searches = {
  failures: { summary: "Failures of branches, by when they ended", value: { filter, orderBy, limit: 20 } },
  newest: {
    summary: "What an app has live",
    value: { entity_id: "shop", filter: { isLive: { eq: true } }, total: false }
  }
}

const byBuild: typeof CreateDeploy.Encoded = { buildId: "build-7", metadata: { pr: 1138 } }
const byApp: typeof CreateDeploy.Encoded = { appId: "shop" }

/** Bodies of a create. */
export const creates = {
  build: { summary: "A build", value: byBuild },
  app: { summary: "The latest completed build of an app", value: byApp }
}

/** Bodies of a cancel and of a rollback. */
export const reasons = { reason: { summary: "With a reason", value: { reason: "The checkout is broken" } } }
