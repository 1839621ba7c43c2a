import { Effect } from "effect"
import { Tar } from "effect/encoding"
import { Stream } from "effect"
import type { Operation } from "./Document.ts"
import type { Fault, World } from "./World.ts"

/** A request of an operation. What is left out is as in the operation's `good` one. */
export interface Case {
  readonly as?: string | null
  readonly id?: string
  readonly query?: string
  readonly json?: unknown
  readonly raw?: BodyInit
  readonly headers?: Readonly<Record<string, string>>
  readonly fault?: Fault
}

type Rows = World["Service"]["rows"]

/** `good` is what is answered with a success; `bad` each of what is refused in a way of the operation's own. */
interface Cases {
  readonly good: Case
  readonly before?: ReadonlyArray<Case>
  readonly bad?: ReadonlyArray<Case>
}

const once = (key: string) => ({ "idempotency-key": key })

/** A tar of one page. */
const site = Effect.map(
  Stream.runCollect(
    Stream.make(Tar.file("index.html", "<title>A site</title>")).pipe(Stream.pipeThroughChannel(Tar.encode()))
  ),
  (chunks) => new Blob([...chunks].map((chunk) => new Uint8Array(chunk)))
)

const deployCases = ({ cancelled, completed, running }: Rows): Record<string, Cases> => ({
  "deploys.list": { good: { query: `filter=${encodeURIComponent(`{"steps":{"some":{"name":{"eq":"publish"}}}}`)}` } },
  "deploys.search": { good: { json: { filter: { isLive: { eq: true } }, orderBy: [{ startedAt: "asc" }], limit: 1 } } },
  "deploys.create": {
    before: [
      { headers: once("created") },
      { headers: once("created") },
      { json: { appId: "shop" }, headers: { prefer: "wait=20" } }
    ],
    good: { json: { buildId: "shop-2", metadata: { pr: 7, labels: ["web"] } } },
    bad: [
      { as: "bo" },
      { json: { buildId: "none" } },
      { json: { buildId: "shop-3" } },
      { json: { appId: "empty" } },

      { json: { buildId: "shop-1" }, headers: once("created") }
    ]
  },
  "deploys.get": { good: { id: completed }, bad: [{ headers: { "if-none-match": "*" } }] },
  "deploys.cancel": { good: { id: running, json: { reason: "Not today" } }, bad: [{ as: "bo" }, { id: completed }] },
  "deploys.rollback": {
    before: [{ headers: once("back") }, { headers: once("back") }],
    good: { id: completed, json: { reason: "Broken" } },
    bad: [{ as: "bo" }, { id: cancelled }, { fault: "gone" }, { json: { reason: "Other" }, headers: once("back") }]
  },
  "deploys.events": { good: { id: completed } }
})

const serverCases = ({ token }: Rows, tar: Blob): Record<string, Cases> => ({
  "system.health": { good: {} },
  "system.ready": { good: {} },
  "workspaces.list": { good: {} },
  "workspaces.create": { good: { as: "root", json: { name: "New" } }, bad: [{ as: "ada" }] },
  "apps.list": { good: {} },
  "apps.create": {
    good: { json: { workspaceId: "mine", name: "docs" } },
    bad: [
      { as: "bo" },
      { json: { workspaceId: "theirs", name: "blog" } },
      { json: { workspaceId: "mine", name: "shop" } }
    ]
  },
  "apps.get": { good: { id: "shop" } },
  "apps.releaseHold": { good: { id: "shop" }, bad: [{ as: "bo" }] },
  "builds.list": { good: { id: "shop" } },
  "builds.upload": {
    good: { id: "shop", query: "branch=main", raw: tar, headers: { "content-type": "application/x-tar" } },
    bad: [{ as: "bo" }]
  },
  "builds.get": { good: { id: "shop-1" } },
  "tokens.list": { good: {}, bad: [{ as: "bo" }] },
  "tokens.create": {
    good: { json: { name: "CI", workspaceIds: ["mine"], rights: ["read", "deploy"] } },
    bad: [{ as: "bo" }, { json: { name: "CI", workspaceIds: ["theirs"], rights: ["read"] } }]
  },
  "tokens.revoke": { good: { id: token }, bad: [{ as: "bo" }] }
})

/** What is sent to each operation beside what is sent to all of them. */
export const casesOf = (rows: Rows) =>
  Effect.map(site, (tar): Readonly<Record<string, Cases>> => ({ ...deployCases(rows), ...serverCases(rows, tar) }))

const unknownId: Readonly<Record<string, string>> = {
  "/api/deploys": "dep_0000000000000000000000000z",
  "/api/tokens": "tok_0000000000000000000000000z"
}

const never = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) })

const large = "x".repeat(65 * 1024)

/** What any operation of its kind refuses. */
export const sharedCases = ({ path, requestBody, security }: Operation): ReadonlyArray<Case> => {
  const [prefix = ""] = /^\/api\/\w+/.exec(path) ?? []
  return [
    { query: "surplus=1" },
    { fault: "defect" },
    { fault: "route" },
    { fault: "away" },
    ...(security.length > 0 ? [{ as: null }, { as: "nobody" }, { fault: "poor" as const }] : []),
    ...(path.includes("{id}") ? [{ id: unknownId[prefix] ?? "none" }, { id: "!" }] : []),
    ...(requestBody === undefined
      ? []
      : [
          { raw: large },
          { raw: "{", headers: { "content-type": "text/html" } },
          { raw: never(), fault: "stalled" as const }
        ])
  ]
}
