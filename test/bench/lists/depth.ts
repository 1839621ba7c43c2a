// Page 5,000 against page 1, of each order that an index serves: one connection, the statements of the store.
import {
  Cursor,
  decodeListOptions,
  type Deploy,
  DeployStore,
  makeQueryPlan,
  type Scope,
  WorkspaceId
} from "@deploys/core"
import { Postgres, SqlStore } from "@deploys/sql-store"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { performance } from "node:perf_hooks"
import { median } from "./table.ts"

const page = 5000
const workspace: Scope = [WorkspaceId.make("ws_0")]

interface Walk {
  readonly name: string
  readonly orderBy: ReadonlyArray<object>
  readonly scope: Scope
  readonly sql: string
  readonly where: string
}

const columns = { createdAt: "created_at", completedAt: "completed_at", status: "status" }

const walk = (name: string, keys: Readonly<Record<string, string>>, scope: Scope): Walk => {
  const last = Object.values(keys).at(-1)?.split("_")[0]
  const order = Object.entries(keys).map(([field, direction]) => {
    const column = Object.entries(columns).find(([known]) => known === field)?.[1] ?? field
    return `${column} ${direction.replace("_nulls_", " nulls ")}`
  })
  return {
    name,
    scope,
    orderBy: Object.entries(keys).map(([field, direction]) => ({ [field]: direction })),
    sql: [...order, `id ${last}`].join(", "),
    where: scope === "all" ? "true" : "workspace_id = 'ws_0'"
  }
}

const walks: ReadonlyArray<Walk> = [
  walk("createdAt desc, every workspace", { createdAt: "desc" }, "all"),
  walk("createdAt desc, one workspace", { createdAt: "desc" }, workspace),
  walk("createdAt asc, one workspace", { createdAt: "asc" }, workspace),
  walk("status asc, createdAt desc (mixed)", { status: "asc", createdAt: "desc" }, workspace),
  walk("status desc, createdAt asc (mixed)", { status: "desc", createdAt: "asc" }, workspace),
  walk("completedAt desc_nulls_last (nullable)", { completedAt: "desc_nulls_last" }, workspace),
  walk("completedAt asc_nulls_first (nullable)", { completedAt: "asc_nulls_first" }, workspace)
]

/** The row before page 5,000, found the slow way. */
const rowBefore = Effect.fnUntraced(function* ({ sql: order, where }: Walk) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<{ readonly id: string }>(
    `SELECT id FROM deploys.deploys WHERE ${where} ORDER BY ${order} OFFSET ${(page - 1) * 100 - 1} LIMIT 1`
  )
  return row?.id ?? ""
})

const millisOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const start = performance.now()
    return Effect.map(effect, () => performance.now() - start)
  })

const measure = Effect.fnUntraced(function* (given: Walk) {
  const store = yield* DeployStore
  const plan = (options: object, scope: Scope) =>
    Effect.fromResult(decodeListOptions({ total: false, orderBy: given.orderBy, ...options })).pipe(
      Effect.flatMap((decoded) => Effect.fromResult(makeQueryPlan(decoded, scope)))
    )
  const first = yield* plan({}, given.scope)
  const found = yield* store.list(yield* plan({ ids: [yield* rowBefore(given)] }, given.scope))
  const after = found.data.map((row: Deploy) => Cursor.encode(first.order, row))[0] ?? ""
  const deep = yield* plan({ after }, given.scope)
  const times: { readonly [Page in "first" | "deep"]: Array<number> } = { first: [], deep: [] }
  for (let i = 0; i < 60; i++) {
    times.first.push(yield* millisOf(store.listJson(first)))
    times.deep.push(yield* millisOf(store.listJson(deep)))
  }
  const [one, many] = [median(times.first.slice(10)), median(times.deep.slice(10))]
  return `| ${given.name} | ${one.toFixed(2)} | ${many.toFixed(2)} | ${(many / one).toFixed(2)} | ${(Math.min(...times.deep) / Math.min(...times.first)).toFixed(2)} |`
})

/** A row of the table for each order. */
export const depthTable = (url: string): Promise<string> =>
  Effect.runPromise(
    Effect.map(Effect.forEach(walks, measure), (rows) =>
      [
        "| order | page 1, ms | page 5,000, ms | ratio | ratio of the fastest |",
        "| --- | --: | --: | --: | --: |",
        ...rows
      ].join("\n")
    ).pipe(
      Effect.provide(
        SqlStore.layer.pipe(Layer.provideMerge(Postgres.layer({ url: Redacted.make(url), maxConnections: 1 })))
      )
    )
  )
