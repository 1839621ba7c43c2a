import { Postgres, SqlStore } from "@deploys/sql-store"
import { describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import * as Database from "../setup/database.ts"
import { feedsAreWhole, node } from "./watching.ts"

describe.skipIf(!Database.available)("feeds of all deploys on PostgreSQL", () => {
  it.live(
    "give out every event of every node once and in order",
    () =>
      Effect.gen(function* () {
        const postgres = Postgres.layer({ url: Redacted.make(yield* Database.fresh()) })
        const store = Layer.provide(SqlStore.layerPostgres, postgres)
        yield* feedsAreWhole(yield* node(store), yield* node(store))
      }),
    60_000
  )

  it.live(
    "find by looking what no other node tells them of",
    () =>
      Effect.gen(function* () {
        const postgres = Postgres.layer({ url: Redacted.make(yield* Database.fresh()) })
        // Hears of its own changes alone.
        const store = Layer.provide(SqlStore.layer, postgres)
        yield* feedsAreWhole(yield* node(store), yield* node(store))
      }),
    60_000
  )
})
