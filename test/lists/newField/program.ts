// What lists make of a field that the description has one line of. Prints it as JSON; see ../newField.test.ts.
import { DeployFields, decodeListOptions, DeployStore, makeQueryPlan, selectPage } from "@deploys/core"
import { Api } from "@deploys/http/api"
import { Pglite, SqlStore } from "@deploys/sql-store"
import { Effect, Layer, Result } from "effect"
import { OpenApi } from "effect/http-api"
import { SqlClient } from "effect/sql"
import { deployRow } from "../../../packages/core/test/list/rows.ts"
import { optionsOf } from "../../../packages/core/test/list/worlds.ts"
import { dropConstraints, store } from "../world.ts"

const regions = ["eu-west", null, "us-east", "EU-north"]
const rows = regions.map((region, i) => ({ ...deployRow(i + 1), region }))

const planOf = (options: object) => Effect.fromResult(makeQueryPlan(optionsOf(options), "all"))

const lists = [
  { filter: { region: { iStartsWith: "eu" } }, orderBy: [{ region: "asc" }] },
  { filter: { NOT: { region: { in: ["us-east"] } } }, orderBy: [{ region: "desc_nulls_first" }] },
  { filter: { region: { isNull: false, gt: "a" } }, orderBy: [{ region: "desc" }] }
]

const numbers = (data: ReadonlyArray<{ readonly sequenceNumber: number }>) => data.map((row) => row.sequenceNumber)

const faults = (options: object) =>
  Result.match(decodeListOptions(options), { onSuccess: () => [], onFailure: (error) => error.faults })

const inMemory = Effect.forEach(lists, (options) =>
  Effect.map(planOf(options), (plan) => numbers(selectPage(plan, rows, () => []).data))
)

/** The rows of pages of one row each, by their cursors. */
const walked: Effect.Effect<ReadonlyArray<number>, unknown> = Effect.gen(function* () {
  const options = { orderBy: [{ region: "asc_nulls_first" }], limit: 1 }
  const seen: Array<number> = []
  let page = selectPage(yield* planOf(options), rows, () => [])
  for (seen.push(...numbers(page.data)); page.pageInfo.hasNextPage; seen.push(...numbers(page.data))) {
    page = selectPage(yield* planOf({ ...options, after: page.pageInfo.endCursor }), rows, () => [])
  }
  return seen
})

/** On a database whose table has the column. */
const onPglite = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const deploys = yield* DeployStore
  yield* sql`ALTER TABLE deploys.deploys ADD COLUMN region text COLLATE "C"`
  yield* dropConstraints
  const none = { steps: [], workspaces: [], entities: [], builds: [], versions: [], sourceEvents: [] }
  yield* store({ ...none, deploys: rows })
  return yield* Effect.forEach(lists, (options) =>
    Effect.flatMap(planOf({ ...options, limit: 100 }), (plan) =>
      Effect.map(deploys.list(plan), ({ data }) => numbers(data))
    )
  )
}).pipe(Effect.provide(SqlStore.layer.pipe(Layer.provideMerge(Pglite.layerMemory))))

const found = Effect.gen(function* () {
  const { schemas } = OpenApi.fromApi(Api).components
  return {
    fields: Object.keys(DeployFields.deploy.fields),
    faults: [...faults({ filter: { region: { eqq: 1, eq: 1 } } }), ...faults({ orderBy: [{ region: "up" }] })],
    inOpenApi: [schemas["DeployFilter"], schemas["OrderByKey"]].map(
      (schema) => Object(schema?.["properties"])["region"]
    ),
    inMemory: yield* inMemory,
    walked: yield* walked,
    onPglite: yield* onPglite
  }
})

process.stdout.write(JSON.stringify(await Effect.runPromise(found)))
