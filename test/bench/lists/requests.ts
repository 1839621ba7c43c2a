/** Who asks: a caller of one workspace, of five, and of all. */
export const scopes = {
  one: ["ws_3"],
  five: ["ws_1", "ws_2", "ws_3", "ws_4", "ws_5"],
  all: "all"
} as const

/** The name of a scope. */
export type ScopeName = keyof typeof scopes

/** What is asked, each time from another day on, so that no server can answer from what it has answered before. */
export const since = Array.from({ length: 64 }, (_, i) =>
  new Date(Date.UTC(2026, 0, 1) + i * 86_400_000).toISOString().replace("Z", "000Z")
)

const statuses = ["completed", "failed"]

/** A request as it goes over the socket. */
export type Wire = string

const get = (port: number, path: string, headers: ReadonlyArray<string> = []): Wire =>
  [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, "Accept: application/json", ...headers, "", ""].join("\r\n")

/** The request to our API: filter and order as JSON in the query, and a token that says which workspaces there are. */
export const toOurs = (port: number, token: string, total: boolean, at: string): Wire => {
  const query = new URLSearchParams({
    limit: "100",
    total: String(total),
    filter: JSON.stringify({ status: { in: statuses }, createdAt: { gte: at } }),
    orderBy: JSON.stringify([{ createdAt: "desc" }])
  })
  return get(port, `/api/deploys?${query}`, [`Authorization: Bearer ${token}`])
}

/** The request to a server that was written for this one list: it knows the scope by the name in the path. */
export const toPeer = (port: number, scope: ScopeName, total: boolean, at: string): Wire =>
  get(port, `/${scope}?${new URLSearchParams({ total: String(total), statuses: statuses.join(","), since: at })}`)

const fields = `nodes { rowId workspaceId entityId sequenceNumber buildId status trigger sourceEventId productionUrl previewUrl
  error metadata createdBy startedAt completedAt createdAt failureCode isLive } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`

/** The request to PostGraphile: the same filter, in the words of its plugin, and the scope as another one. */
export const toPostgraphile = (port: number, scope: ScopeName, total: boolean, at: string): Wire => {
  const filter = {
    status: { in: statuses },
    createdAt: { greaterThanOrEqualTo: at },
    ...(scope === "one" && { workspaceId: { equalTo: scopes.one[0] } }),
    ...(scope === "five" && { workspaceId: { in: scopes.five } })
  }
  const query = `query ($filter: DeployFilter) { allDeploys(first: 100, orderBy: [CREATED_AT_DESC, PRIMARY_KEY_DESC], filter: $filter) { ${total ? "totalCount " : ""}${fields} } }`
  const body = JSON.stringify({ query: query.replaceAll(/\s+/g, " "), variables: { filter } })
  return [
    "POST /graphql HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Accept: application/json",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body
  ].join("\r\n")
}
