import { Cursor, decodeListOptions, makeQueryPlan, type Scope, WorkspaceId } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { makeDatabase } from "../../packages/sql-store/src/internal/Database.ts"
import { makeListCompiler } from "../../packages/sql-store/src/list/compileList.ts"
import { fill } from "./fill.ts"
import { type Case, cases } from "./planCases.ts"

interface Node {
  readonly "Node Type": string
  readonly "Relation Name"?: string
  readonly "Index Name"?: string
  readonly "Actual Loops": number
  readonly "Actual Rows": number
  readonly "Rows Removed by Filter"?: number
  readonly Plans?: ReadonlyArray<Node>
}

const page = 101

const scopes = {
  one: ["ws_3"],
  several: ["ws_1", "ws_2", "ws_3", "ws_4", "ws_5"],
  all: "all"
} as const

const scopeOf = (name: keyof typeof scopes): Scope => {
  const scope = scopes[name]
  return scope === "all" ? "all" : scope.map((id) => WorkspaceId.make(id))
}

const nodesOf = (node: Node): ReadonlyArray<Node> => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

const compiled = Effect.fnUntraced(function* ({ at, options, side = "after" }: Case, scope: Scope) {
  const { compile } = makeListCompiler(yield* makeDatabase)
  const first = yield* Effect.fromResult(decodeListOptions({ total: false, ...options }))
  const { order } = yield* Effect.fromResult(makeQueryPlan(first, scope))
  const cursor = at === undefined ? {} : { [side]: Cursor.encode(order, at) }
  const given = yield* Effect.fromResult(decodeListOptions({ ...first, ...cursor }))
  return compile(yield* Effect.fromResult(makeQueryPlan(given, scope)))
})

const explain = Effect.fnUntraced(function* (given: Case, scope: Scope) {
  const sql = yield* SqlClient.SqlClient
  const [text, parameters] = yield* compiled(given, scope)
  const [row] = yield* sql.unsafe<{ "QUERY PLAN": ReadonlyArray<{ readonly Plan: Node }> }>(
    `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`,
    parameters
  )
  return row?.["QUERY PLAN"].flatMap(({ Plan }) => nodesOf(Plan)) ?? assert.fail("no plan")
})

const isSort = ({ "Node Type": type }: Node) => type === "Sort" || type === "Incremental Sort"

/** Sorting one page of each workspace is how they are merged; more than that would be a sort of what was read whole. */
const sortsTooMuch = (node: Node, workspaces: number) =>
  isSort(node) && (node.Plans ?? []).some((input) => input["Actual Rows"] * input["Actual Loops"] > page * workspaces)

const removesTooMuch = ({ "Rows Removed by Filter": removed = 0 }: Node) => removed > page

const readsWhole = ({ "Node Type": type, "Relation Name": relation = "" }: Node) =>
  type === "Seq Scan" && ["deploys", "deploy_steps", "builds"].includes(relation)

/** Typical lists of 200,000 deploys are read from the indexes that they are meant to be read from. */
export const suite = <E>(name: string, on: Layer.Layer<SqlClient.SqlClient, E>) => {
  const filled: Layer.Layer<SqlClient.SqlClient, E | SqlError.SqlError> = Layer.provideMerge(
    Layer.effectDiscard(fill(200_000)),
    on
  )
  layer(filled, { timeout: 240_000 })(`lists of many deploys on ${name}`, (it) => {
    for (const given of cases) {
      for (const scope of ["one", "several", "all"] as const) {
        const index = given.index[scope]
        const says = index === undefined ? "sorts what it has read" : `reads ${index}`
        it.effect(`${given.name}, for ${scope}: ${says}`, () =>
          Effect.gen(function* () {
            const nodes = yield* explain(given, scopeOf(scope))
            const scans = nodes.filter(({ "Relation Name": relation }) => relation === "deploys").length
            assert.isAtMost(scans, given.scans ?? Infinity)
            if (index === undefined) return assert.isTrue(nodes.some(isSort))
            const used = nodes.flatMap(({ "Index Name": found }) => (found === undefined ? [] : [found]))
            assert.include(used, index)
            assert.deepStrictEqual(nodes.filter(readsWhole), [], "nothing is read whole")
            if (given.selective === true) return
            const workspaces = scope === "several" ? scopes[scope].length : 1
            assert.deepStrictEqual(
              nodes.filter((node) => sortsTooMuch(node, workspaces)),
              []
            )
            assert.deepStrictEqual(nodes.filter(removesTooMuch), [])
          })
        )
      }
    }

    it.effect("are written as texts without a value of the request", () =>
      Effect.gen(function* () {
        for (const given of cases) {
          for (const scope of ["one", "several", "all"] as const) {
            const [text] = yield* compiled(given, scopeOf(scope))
            assert.notMatch(text, /ws_\d|app_\d|bld_\d|dep_0|feature|2026-|user-/, given.name)
          }
        }
      })
    )
  })
}
