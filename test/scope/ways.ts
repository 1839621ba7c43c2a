import type { Asked } from "./Caller.ts"
import type { Names } from "./World.ts"

/** The ways in which a route can be asked about something by its names; the caller's own workspace is `mine`. */
export type Ways = (at: Names, mine: string, site: Blob) => ReadonlyArray<Asked>

const filters = (at: Names): ReadonlyArray<object> => [
  { id: { eq: at.deploy } },
  { NOT: { id: { in: [at.deploy] } } },
  { OR: [{ id: { eq: at.deploy } }, { entity: { name: { startsWith: "mine" } } }] },
  { workspaceId: { ne: at.workspace } },
  { entityId: { eq: at.app } },
  { buildId: { eq: at.build } },
  { createdBy: { eq: at.subject } },
  { workspace: { id: { eq: at.workspace } } },
  { workspace: { name: { iContains: at.workspaceName } } },
  { entity: { name: { eq: at.appName } } },
  { entity: { workspace: { name: { eq: at.workspaceName } } } },
  { build: { branch: { eq: at.branch } } },
  { build: { version: { entity: { name: { startsWith: at.appName } } } } },
  { steps: { some: { id: { eq: at.step } } } },
  { steps: { none: { id: { eq: at.step } } } },
  { NOT: { steps: { every: { id: { ne: at.step } } } } }
]

const newestFirst = [{ createdAt: "desc" }]
const oldestFirst = [{ createdAt: "asc" }]

/** A list's parameters. */
const lists = (at: Names): ReadonlyArray<Readonly<Record<string, unknown>>> => [
  { workspace_id: at.workspace },
  { entity_id: at.app },
  { build_id: at.build },
  { created_by: at.subject },
  ...filters(at).map((filter) => ({ filter })),
  { filter: { id: { eq: at.deploy } }, total: false },
  { after: at.newest, orderBy: newestFirst },
  { after: at.newest, orderBy: newestFirst, limit: 1 },
  { before: at.oldest, orderBy: oldestFirst },
  { before: at.oldest, orderBy: oldestFirst, limit: 1, total: false }
]

const queryOf = (list: Readonly<Record<string, unknown>>) =>
  Object.entries(list)
    .map(([name, value]) => `${name}=${encodeURIComponent(typeof value === "string" ? value : JSON.stringify(value))}`)
    .join("&")

const once = (key: string) => ({ "idempotency-key": key })

const deploys: Readonly<Record<string, Ways>> = {
  "deploys.list": (at) => [
    { path: `/api/deploys?ids=${at.deploy}` },
    ...lists(at).map((list) => ({ path: `/api/deploys?${queryOf(list)}` }))
  ],
  "deploys.search": (at) => [{ ids: [at.deploy] }, ...lists(at)].map((json) => ({ path: "/api/deploys/search", json })),
  "deploys.create": (at) =>
    [{ buildId: at.build }, { appId: at.app }, { buildId: at.build, metadata: { by: "me" } }].flatMap((json, index) => [
      { path: "/api/deploys", json },
      { path: "/api/deploys", json, headers: { ...once(`mine-${index}-${at.build}`), prefer: "wait=1" } }
    ]),
  "deploys.get": (at) =>
    [{}, { "if-none-match": at.etag }, { "if-none-match": "*" }, { prefer: "wait=1" }].map((headers) => ({
      path: `/api/deploys/${at.deploy}`,
      headers
    })),
  "deploys.cancel": (at) => [
    { path: `/api/deploys/${at.deploy}/cancel`, method: "POST" },
    { path: `/api/deploys/${at.deploy}/cancel`, json: { reason: "Not yours" } }
  ],
  "deploys.rollback": (at) => [
    { path: `/api/deploys/${at.deploy}/rollback`, method: "POST" },
    { path: `/api/deploys/${at.deploy}/rollback`, json: { reason: "Back" }, headers: once(`back-${at.deploy}`) }
  ],
  "deploys.events": (at) =>
    [undefined, "0", "2", "100000"].map((last) => ({
      path: `/api/deploys/${at.deploy}/events`,
      headers: last === undefined ? {} : { "last-event-id": last }
    }))
}

const tar = { "content-type": "application/x-tar" }

/** By the operation's id. A route that takes no name is asked what it always is: it is to answer as if nobody else were there. */
export const ways: Readonly<Record<string, Ways>> = {
  ...deploys,
  "system.health": () => [],
  "system.ready": () => [],
  "workspaces.list": () => [],
  "workspaces.create": () => [],
  "apps.list": () => [],
  "apps.create": (at) => [{ path: "/api/apps", json: { workspaceId: at.workspace, name: "into-another" } }],
  "apps.get": (at) => [{ path: `/api/apps/${at.app}` }],
  "apps.releaseHold": (at) => [{ path: `/api/apps/${at.app}/hold`, method: "DELETE" }],
  "builds.list": (at) => [{ path: `/api/apps/${at.app}/builds` }],
  "builds.upload": (at, _, site) => [
    { path: `/api/apps/${at.app}/builds?version=main`, raw: site, headers: tar },
    { path: `/api/apps/${at.app}/builds`, json: {} },
    { path: `/api/apps/${at.app}/builds`, raw: new Blob(["no tar"]), headers: tar }
  ],
  "builds.get": (at) => [{ path: `/api/builds/${at.build}` }],
  "tokens.list": () => [],
  "tokens.create": (at, mine) =>
    [[at.workspace], [mine, at.workspace]].map((workspaceIds) => ({
      path: "/api/tokens",
      json: { name: "CI", workspaceIds, rights: ["read"] }
    })),
  "tokens.revoke": (at) => [at.token, at.wideToken].map((id) => ({ path: `/api/tokens/${id}`, method: "DELETE" }))
}

/** What somebody sees of their own, each in as many orders as a list has. */
export const ownViews: ReadonlyArray<Asked> = [
  ...["/api/workspaces", "/api/apps", "/api/tokens", "/healthz", "/readyz"].map((path) => ({ path })),
  { path: "/api/workspaces", json: { name: "theirs" } },
  ...["id", "workspaceId", "entityId", "sequenceNumber", "createdBy", "completedAt", "isLive", "productionUrl"].flatMap(
    (field) =>
      ["asc", "desc_nulls_last"].flatMap((direction) => {
        const orderBy = [{ [field]: direction }]
        return [
          { path: `/api/deploys?${queryOf({ orderBy, limit: 1 })}` },
          { path: "/api/deploys/search", json: { orderBy } }
        ]
      })
  ),
  ...[
    {},
    { isLive: { eq: true } },
    { steps: { every: { status: { eq: "completed" } } } },
    { NOT: { id: { in: [] } } }
  ].map((filter) => ({ path: `/api/deploys?${queryOf({ filter })}` }))
]
