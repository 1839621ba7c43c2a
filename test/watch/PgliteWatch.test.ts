import { Pglite, SqlStore } from "@deploys/sql-store"
import { it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { feedsAreWhole, node } from "./watching.ts"

it.live(
  "feeds of all deploys on PGlite give out every event once and in order",
  () =>
    Effect.gen(function* () {
      const engine = yield* node(Layer.provide(SqlStore.layer, Pglite.layerMemory))
      yield* feedsAreWhole(engine, engine)
    }),
  60_000
)
