import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import createClient from "openapi-fetch"
import type { paths } from "./api.d.ts"

const { DEPLOYS_TOKEN, DEPLOYS_URL } = process.env

// #region client
const client = createClient<paths>({
  baseUrl: DEPLOYS_URL ?? "http://127.0.0.1:3000",
  headers: { authorization: `Bearer ${DEPLOYS_TOKEN}` },
  querySerializer: { array: { style: "form", explode: false } }
})
// #endregion

const workspaces = await client.GET("/api/workspaces")
const [workspace] = workspaces.data?.data ?? []
assert(workspace)
const app = await client.POST("/api/apps", { body: { workspaceId: workspace.id, name: "shop" } })
assert(app.data)
const archive = execFileSync("tar", ["-cf", "-", "-C", new URL("../../site", import.meta.url).pathname, "."])
const build = await client.POST("/api/apps/{id}/builds", {
  params: { path: { id: app.data.id }, query: { branch: "main" } },
  headers: { "content-type": "application/x-tar" },
  body: "",
  bodySerializer: () => archive
})
assert(build.data)

// #region create
const created = await client.POST("/api/deploys", {
  params: { header: { "idempotency-key": "release-1138" } },
  body: { buildId: build.data.id, metadata: { pr: 1138 } }
})
if (created.error !== undefined) throw new Error(created.error.detail)
const { id, status } = created.data
// #endregion
assert.equal(status, "pending")
assert.equal(created.response.headers.get("location"), `/api/deploys/${id}`)

// #region list
const filter = { status: { in: ["pending", "running"] }, build: { branch: { eq: "main" } } }
const { data: page } = await client.GET("/api/deploys", {
  params: { query: { ids: [id], filter: JSON.stringify(filter), limit: 20 } }
})
// #endregion
assert.deepEqual(
  page?.data.map((deploy) => deploy.id),
  [id]
)
assert.equal(page?.pageInfo.total, 1)

const none = await client.POST("/api/deploys/search", {
  body: {
    filter: { NOT: { entity: { workspace: { name: { iStartsWith: "DEF" } } } }, steps: { none: { index: { gt: 0 } } } },
    orderBy: [{ completedAt: "desc_nulls_last" }, { sequenceNumber: "asc" }]
  }
})
assert.deepEqual(none.data?.data, [])

const details = await client.GET("/api/deploys/{id}", { params: { path: { id } } })
assert.equal(details.data?.waiting?.for, "capacity")
assert.deepEqual(details.data.metadata, { pr: 1138 })

// #region errors
const { error, response } = await client.POST("/api/deploys/{id}/rollback", { params: { path: { id } } })
if (error?.type === "urn:problem-type:deploys:deploy-not-completed") console.log("It is", error.deployStatus)
// #endregion
assert.equal(response.status, 409)
const wrong = await client.GET("/api/deploys", { params: { query: { filter: `{"stauts":{}}` } } })
assert.deepEqual(wrong.error?.status === 400 && wrong.error.errors.map(({ path }) => path), ["/filter/stauts"])

const cancelled = await client.POST("/api/deploys/{id}/cancel", { params: { path: { id } }, body: { reason: "no" } })
assert.equal(cancelled.data?.success, true)
const over = await client.GET("/api/deploys/{id}", { params: { path: { id } } })
assert.equal(over.data?.failureCode, "cancelled")
console.log(`The generated client created, found and cancelled ${id}`)
