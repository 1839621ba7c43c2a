import { BuildId, Cursor, DeployId, DeployMove, decodeListOptions, EntityId, makeQueryPlan } from "@deploys/core"
import { movesPatch, type Scope, SourceEventId, StepId, WorkspaceId } from "@deploys/core"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient, type Statement } from "effect/sql"
import * as Databases from "../../../test/setup/database.ts"
import { Postgres } from "../src/index.ts"
import { type Database, makeDatabase } from "../src/internal/Database.ts"
import { makeListCompiler } from "../src/list/compileList.ts"
import { claimableDeploys } from "../src/statements/claimableDeploys.ts"
import { claimDeploys, type ClaimWithIds } from "../src/statements/claimDeploys.ts"
import { takeKey } from "../src/statements/idempotencyKeys.ts"
import { insertDeploy } from "../src/statements/insertDeploy.ts"
import { landedPatches } from "../src/statements/landedPatches.ts"
import { landPatches, type Patch } from "../src/statements/landPatches.ts"
import { readWaiting, releaseHold } from "../src/statements/lanes.ts"
import { renewLeases } from "../src/statements/leases.ts"
import { lockOutOfPlace, presentDeploy } from "../src/statements/olderDeploys.ts"
import { readEvents } from "../src/statements/readEvents.ts"

const deployId = (n: number) => DeployId.make(`dep_${String(n).padStart(26, "0")}`)

/** A lane with a hold, behind which so many automatic deploys wait, and one that is not held. */
const held = 5000
const heldEntity = EntityId.make("app_held")
const fillHeld = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO deploys.lanes
      (entity_id, workspace_id, last_sequence, waiting, waiting_auto, ready_at, hold, hold_sequence)
    VALUES (${heldEntity}, 'ws_0', ${held} + 1, ${held} + 1, ${held}, now(),
      '{"by":"ada","reason":null,"since":"2026-01-01T00:00:00.000000Z"}', 1)`
  yield* sql`INSERT INTO deploys.deploys (id, workspace_id, entity_id, sequence_number, build_id, status, trigger,
      source_event_id, created_by, created_at, moved_at, last_event)
    SELECT 'dep_' || lpad((100000 + n)::text, 26, '0'), 'ws_0', ${heldEntity}, n, 'bld_1', 'pending',
      CASE WHEN n > ${held} THEN 'manual' ELSE 'auto' END, CASE WHEN n <= ${held} THEN 'evt_' || n END, 'ada', t.at, t.at, 1
    FROM generate_series(1, ${held} + 1) n,
      LATERAL (SELECT timestamptz '2025-01-01' + n * interval '1 second' AS at) t`
})

/**
 * 20,000 deploys of 40 workspaces and 200 entities, all over but for the last of each entity, which is pending; and 4,000 of
 * one entity of a workspace of its own.
 */
const fill = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO deploys.lanes (entity_id, workspace_id, last_sequence, waiting, ready_at)
    SELECT 'app_' || e, 'ws_' || e % 40, 100, 1, now() FROM generate_series(0, 200) e`
  yield* sql`INSERT INTO deploys.deploys (id, workspace_id, entity_id, sequence_number, build_id, status, trigger, created_by,
      started_at, completed_at, created_at, failure_code, moved_at, last_event)
    SELECT 'dep_' || lpad(n::text, 26, '0'), CASE WHEN n < 20000 THEN 'ws_' || n % 200 % 40 ELSE 'ws_40' END,
      'app_' || CASE WHEN n < 20000 THEN n % 200 ELSE 200 END, n + 1, 'bld_' || n / 10, s.status, 'manual', 'ada',
      CASE WHEN s.status <> 'pending' THEN t.at END, CASE WHEN s.status <> 'pending' THEN t.at END, t.at,
      CASE s.status WHEN 'failed' THEN 'step_failed' END, t.at, 3
    FROM generate_series(0, 23999) n,
      LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 second' AS at) t,
      LATERAL (SELECT CASE
        WHEN n >= 19800 AND n < 20000 THEN 'pending' WHEN n % 7 = 0 THEN 'failed' ELSE 'completed'
      END AS status) s`
  yield* sql`INSERT INTO deploys.deploy_steps (id, deploy_id, index, name, status, cancellation, undoable)
    SELECT 'stp', d.id, 0, 'step 0', CASE WHEN d.status = 'failed' THEN 'failed' ELSE 'completed' END, 'interrupt', false
    FROM deploys.deploys d`
  yield* sql`INSERT INTO deploys.deploy_events (deploy_id, sequence, type, at, data)
    SELECT id, 1, 'log', created_at, '{}' FROM deploys.deploys`
  // A vacuum takes no row to be visible to all whose commit has not reached the disk, and the commits of tests need not.
  yield* sql.withTransaction(Effect.andThen(sql`SET LOCAL synchronous_commit = on`, fillHeld))
  yield* sql`VACUUM (ANALYZE) deploys.deploys, deploys.deploy_steps, deploys.deploy_events, deploys.lanes`
})

interface Node {
  readonly "Node Type": string
  readonly "Relation Name"?: string
  readonly "Index Name"?: string
  readonly Plans?: ReadonlyArray<Node>
  readonly "Actual Rows"?: number
  readonly "Actual Loops"?: number
  readonly "Rows Removed by Filter"?: number
}

const nodesOf = (node: Node): ReadonlyArray<Node> => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

const explain = Effect.fnUntraced(function* (
  [text, parameters]: ReturnType<Statement.Statement<unknown>["compile"]>,
  options = "FORMAT JSON"
) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<{ "QUERY PLAN": ReadonlyArray<{ readonly Plan: Node }> }>(
    `EXPLAIN (${options}) ${text}`,
    parameters
  )
  return row?.["QUERY PLAN"].flatMap(({ Plan }) => nodesOf(Plan)) ?? assert.fail("no plan")
})

const big = new Set(["deploys", "deploy_steps", "deploy_events"])

const scannedWhole = (nodes: ReadonlyArray<Node>) =>
  nodes.flatMap((node) => {
    const { "Node Type": type, "Relation Name": relation } = node
    return type === "Seq Scan" && relation !== undefined && big.has(relation) ? [relation] : []
  })

/** Rows of deploys that a statement looks at when it is run, in a transaction that is then undone. */
const deploysRead = (statement: Statement.Statement<unknown>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const nodes = yield* explain(statement.compile(), "ANALYZE, FORMAT JSON").pipe(
      Effect.flatMap(Effect.fail),
      sql.withTransaction,
      Effect.flip
    )
    if (!Array.isArray(nodes)) return yield* Effect.die(nodes)
    return nodes
      .filter((node: Node) => node["Relation Name"] === "deploys")
      .reduce((sum: number, node: Node) => {
        const each = (node["Actual Rows"] ?? 0) + (node["Rows Removed by Filter"] ?? 0)
        return sum + each * (node["Actual Loops"] ?? 0)
      }, 0)
  })

const indexes = (nodes: ReadonlyArray<Node>) =>
  new Set(nodes.flatMap(({ "Index Name": index }) => (index === undefined ? [] : [index])))

const planOf = (options: object, scope: Scope = "all") =>
  Effect.gen(function* () {
    const decoded = yield* Effect.fromResult(decodeListOptions({ total: false, ...options }))
    return yield* Effect.fromResult(makeQueryPlan(decoded, scope))
  })

const ws = (n: number) => WorkspaceId.make(`ws_${n}`)

const patch = (n: number, moves: ReadonlyArray<DeployMove>): Patch => ({
  id: deployId(n),
  epoch: 1,
  after: 3,
  ...movesPatch(moves, "runner")
})

const step = { index: 0, name: "step 0" }
const completed = DeployMove.Completed({ previewUrl: null, productionUrl: null })
const started = DeployMove.StepStarted({ step, attempt: 1 })

const automatic = {
  id: deployId(50_001),
  workspaceId: ws(0),
  entityId: EntityId.make("app_1"),
  buildId: BuildId.make("bld_1"),
  trigger: "auto" as const,
  sourceEventId: SourceEventId.make("evt_7"),
  metadata: {},
  createdBy: "ada"
}

const claimRequest = (id: DeployId): ClaimWithIds => ({
  deployId: id,
  owner: "runner",
  leaseMillis: 1000,
  steps: [{ name: "upload", cancellation: "interrupt", undoable: false }],
  stepIds: [StepId.make("stp_00000000000000000000000001")],
  startFirstStep: true
})

const writes = (db: Database): Readonly<Record<string, Statement.Statement<unknown>>> => ({
  insert: insertDeploy(db, {
    id: deployId(50_000),
    workspaceId: ws(1),
    entityId: EntityId.make("app_1"),
    buildId: BuildId.make("bld_1"),
    trigger: "manual",
    sourceEventId: null,
    metadata: {},
    createdBy: "ada"
  }),
  claimable: claimableDeploys(db, { owner: "runner", limit: 20 }),
  "claimable where workspaces are full": claimableDeploys(db, {
    owner: "runner",
    limit: 20,
    maxRunningPerWorkspace: 2
  }),
  "the look for a source event's deploy": presentDeploy(db, automatic),
  "the look for what is out of place": lockOutOfPlace(db, automatic, { held: true, queuePolicy: "replace" }),
  "what a deploy waits for": readWaiting(db, deployId(19_900)),
  "the release of a hold": releaseHold(db, heldEntity),
  "the taking of a key": takeKey(db, { principal: "ada", key: "k", request: "r" }, deployId(50_000)),
  "one claim": claimDeploys(db, [claimRequest(deployId(19_900))]),
  "many claims": claimDeploys(
    db,
    Array.from({ length: 50 }, (_, n) => ({ ...claimRequest(deployId(19_850 + n)), maxRunningPerWorkspace: 2 }))
  ),
  "one move": landPatches(db, [patch(19_900, [started])]),
  "many moves": landPatches(
    db,
    Array.from({ length: 50 }, (_, n) => patch(19_850 + n, [n % 2 === 0 ? started : completed]))
  ),
  "the look for moves that landed": landedPatches(db, [patch(19_900, [started])]),
  renew: renewLeases(db, [{ deployId: deployId(19_900), epoch: 1 }], 1000),
  events: readEvents(db, deployId(100), 1, 10)
})

const PostgresLayer = Layer.unwrap(
  Effect.map(Databases.fresh(), (url) =>
    Layer.provideMerge(Layer.effectDiscard(fill), Postgres.layer({ url: Redacted.make(url) }))
  )
)

describe.skipIf(!Databases.available)("with many rows", () => {
  layer(PostgresLayer, { timeout: 60_000 })("PostgreSQL", (it) => {
    const lists: ReadonlyArray<readonly [name: string, options: object, scope: Scope, index: string]> = [
      ["one workspace", {}, [ws(3)], "deploys_workspace"],
      ["one workspace by status", { status: "failed" }, [ws(40)], "deploys_workspace_status"],
      ["several workspaces", {}, [ws(3), ws(4), ws(40)], "deploys_workspace"],
      ["every workspace", {}, "all", "deploys_created"],
      ["an entity", { entityId: "app_200" }, "all", "deploys_entity"]
    ]
    for (const [name, options, scope, index] of lists) {
      it.effect(`lists ${name} in the order of an index, from the start and from a cursor`, () =>
        Effect.gen(function* () {
          const { compile } = makeListCompiler(yield* makeDatabase)
          const first = yield* planOf(options, scope)
          const row = { id: deployId(12_003), createdAt: "2026-01-01T03:20:03.000000Z" }
          const next = yield* planOf({ ...options, after: Cursor.encode(first.order, row) }, scope)
          for (const plan of [first, next]) {
            const nodes = yield* explain(compile(plan))
            assert.deepStrictEqual(scannedWhole(nodes), [])
            assert.include([...indexes(nodes)], index)
            assert.isFalse(
              nodes.some((node) => node["Node Type"].startsWith("Bitmap")),
              "it is read in order"
            )
          }
        })
      )
    }

    it.effect("lists what few rows have by its index", () =>
      Effect.gen(function* () {
        const { compile } = makeListCompiler(yield* makeDatabase)
        for (const options of [{ buildId: "bld_77" }, { ids: [deployId(7)] }, { entityId: "app_3" }]) {
          const nodes = yield* explain(compile(yield* planOf({ ...options, total: true }, [ws(3)])))
          assert.deepStrictEqual(scannedWhole(nodes), [], JSON.stringify(options))
        }
      })
    )

    it.effect("counts a workspace from an index alone", () =>
      Effect.gen(function* () {
        const { compile } = makeListCompiler(yield* makeDatabase)
        const nodes = yield* explain(compile(yield* planOf({ total: true }, [ws(3)])))
        assert.isTrue(nodes.some((node) => node["Node Type"] === "Index Only Scan"))
      })
    )

    it.effect("looks at few deploys for a claim, however many are held or queued", () =>
      Effect.gen(function* () {
        const db = yield* makeDatabase
        const claimed = (id: DeployId) => claimDeploys(db, [{ ...claimRequest(id), maxRunningPerWorkspace: 2 }])
        const next = deployId(100_000 + held + 1)
        assert.isAtMost(yield* deploysRead(claimed(next)), 10)
        assert.isAtMost(yield* deploysRead(claimed(deployId(100_000 + held))), 10)
        assert.isAtMost(yield* deploysRead(claimableDeploys(db, { owner: "runner", limit: 20 })), 60)
        const offered = yield* claimableDeploys(db, { owner: "runner", limit: 1000 })
        assert.include(
          offered.map(({ id }) => id),
          next
        )
      })
    )

    it.effect("reads no table whole for what a runner does", () =>
      Effect.gen(function* () {
        const db = yield* makeDatabase
        for (const [name, statement] of Object.entries(writes(db))) {
          assert.deepStrictEqual(scannedWhole(yield* explain(statement.compile())), [], name)
        }
      })
    )
  })
})
