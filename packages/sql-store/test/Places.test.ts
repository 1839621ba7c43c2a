import { BuildId, DeployId, DeployStore, EntityId, IdGenerator, WorkspaceId } from "@deploys/core"
import { Postgres, SqlStore } from "@deploys/sql-store"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import * as Database from "../../../test/setup/database.ts"

const rounds = 12
const claimers = 4
const places = 3
const deploysOfRound = 8

const node = (url: string) =>
  Effect.map(
    Layer.build(Layer.fresh(Layer.provide(SqlStore.layer, Postgres.layer({ url: Redacted.make(url) })))),
    Context.get(DeployStore)
  )

const insert = Effect.fnUntraced(function* (store: DeployStore["Service"], workspaceId: WorkspaceId) {
  const { next } = yield* IdGenerator
  return yield* store.insert({
    id: DeployId.make(yield* next("dep")),
    workspaceId,
    entityId: EntityId.make(yield* next("app")),
    buildId: BuildId.make("bld_1"),
    trigger: "manual",
    sourceEventId: null,
    metadata: {},
    createdBy: "ada"
  })
})

/**
 * Claims all of these deploys at the same time, each on another node, so that no lock of a lane makes one wait for the
 * other. How many claims are won.
 */
const race = (nodes: ReadonlyArray<DeployStore["Service"]>, ids: ReadonlyArray<DeployId>) =>
  Effect.forEach(
    nodes.flatMap((store, index) =>
      ids
        .filter((_, nth) => nth % nodes.length === index)
        .map((deployId) => ({ store, deployId, owner: `node ${index}` }))
    ),
    ({ deployId, owner, store }) =>
      store.claim({ deployId, owner, leaseMillis: 60_000, steps: [], maxRunningPerWorkspace: places }),
    { concurrency: "unbounded" }
  ).pipe(Effect.map((claims) => claims.filter(Option.isSome).length))

describe.skipIf(!Database.available)("nodes on one PostgreSQL", () => {
  it.live("never take more places of a workspace than there are, however they race", () =>
    Effect.gen(function* () {
      const url = yield* Database.fresh()
      const nodes = yield* Effect.all(Array.from({ length: claimers }, () => node(url)))
      const [first] = nodes
      if (first === undefined) return assert.fail("there are some")
      for (let round = 0; round < rounds; round++) {
        const workspaces = ["one", "two"].map((name) => WorkspaceId.make(`ws_${name}_${round}`))
        const deploys = yield* Effect.forEach(
          workspaces.flatMap((id) => Array.from({ length: deploysOfRound }, () => id)),
          (id) => insert(first, id)
        )
        const ids = deploys.map(({ id }) => id)
        assert.strictEqual(yield* race(nodes, ids), places * workspaces.length)
        const rows = yield* Effect.forEach(ids, (id) => Effect.map(first.find(id), Option.getOrThrow))
        for (const id of workspaces) {
          const running = rows.filter(({ deploy }) => deploy.workspaceId === id && deploy.status === "running")
          assert.lengthOf(running, places)
        }
      }
    })
  )
})
